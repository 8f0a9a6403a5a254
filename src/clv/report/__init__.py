"""What stakeholders read: words and numbers in their language, blocks, tables, charts and pages.

This floor formats; it computes no figure that a decision depends on. It imports nothing here, so that a notebook
pays only for the parts it uses: ``from clv.report import blocks, charts, figures, tables``.
"""

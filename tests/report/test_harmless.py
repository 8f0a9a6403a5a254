"""What a browser could run or fetch is gone, however it is written; what our own blocks are made of stays."""

import pytest

from clv.report.harmless import harmless


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="java&#10;script:alert(1)">x</a>',
        '<a href="//alert.example">x</a>',
        '<a href="\\\\alert.example">x</a>',
        '<img src="https://alert.example/p.png" alt="x">',
        '<a href="data:text/html,alert(1)">x</a>',
        '<img alt="x" src="data:text/html,alert(1)">',
        '<svg><a xlink:href="javascript:alert(1)"><rect/></a></svg>',
        "<math><mi//xlink:href=javascript:alert(1)>",
        '<p style="background:url(https://alert.example)">x</p>',
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        '<form action="https://alert.example"><button formaction="javascript:alert(1)">x</button></form>',
        '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
        '<meta http-equiv="refresh" content="0;url=https://alert.example">',
        '<base href="https://alert.example"><link rel="stylesheet" href="https://alert.example">',
    ],
)
def test_nothing_is_left_that_runs_or_fetches(hostile):
    assert "alert" not in harmless(f"<p>before</p>{hostile}<p>after</p>")


@pytest.mark.parametrize(
    "ours",
    [
        '<dl class="tiles" style="--columns:4"><div class="tile"></div></dl>',
        '<span class="bar" style="width:12.5%" aria-hidden="true"></span>',
        '<a href="07_portfolios.html#calls">calls</a>',
        '<picture><source media="(max-width: 34rem)" srcset="data:image/svg+xml;base64,AA">'
        '<img alt="a" src="data:image/svg+xml;base64,AA"></picture>',
        '<div class="scroll" role="region" aria-label="a" tabindex="0"><table><thead><tr><th scope="col">A</th></tr>'
        '</thead><tbody><tr><td data-sort-value="1.0">1</td></tr></tbody><tfoot></tfoot></table></div>',
        '<details class="definitions"><summary>Words</summary></details>',
    ],
)
def test_what_our_blocks_are_made_of_stays(ours):
    assert harmless(ours) == ours

"""Files in the shape of real exports: names of their own, Spanish CSV with ; and decimal comma, Parquet in English."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

DAY, MOMENT = "%d/%m/%Y", "%d/%m/%Y %H:%M"


class Export(NamedTuple):
    """One file: whose rows it holds, and our columns by the names that it gives them."""

    table: str
    path: str
    columns: dict[str, str]  # ours: theirs
    register: str | None = None  # None: no register, or one alone
    encoding: str = "utf-8"


_CARD = {
    "email": "correo", "phone": "telefono", "tax_id": "rut", "address": "direccion", "postal_code": "cod_postal",
    "birth_date": "fecha_nacimiento", "sex": "sexo", "city": "ciudad", "region": "region", "country": "pais",
    "is_company": "es_empresa", "occupation": "ocupacion", "interest": "interes",
}  # fmt: skip

EXPORTS = (
    Export("customers", "tienda/clientes.csv", {
        "customer_id": "cod_cliente", "name": "nombre", **_CARD, "registered_on": "fecha_alta", "channel": "canal_alta",
        "referred_by": "recomendado_por", "accepts_contact": "acepta_contacto",
    }, "shop", "cp1252"),
    Export("customers", "web/users.parquet", {
        "customer_id": "user_id", "given_name": "first_name", "family_name": "last_name", "email": "email",
        "phone": "mobile", "tax_id": "tax_number", "address": "street_address", "postal_code": "zip",
        "birth_date": "birthday", "sex": "gender", "city": "city", "region": "state", "country": "country",
        "is_company": "business_account", "registered_on": "created_on", "channel": "signup_channel",
        "referred_by": "invited_by", "accepts_contact": "newsletter", "occupation": "occupation",
        "interest": "favourite_category",
    }, "web"),
    Export("transactions", "tienda/boletas.csv", {
        "customer_id": "cod_cliente", "ordered_at": "fecha", "order_id": "boleta", "product_id": "sku",
        "quantity": "cantidad", "amount": "neto", "discount": "descuento", "cost": "costo", "channel": "canal",
        "store_id": "local",
    }, "shop"),
    Export("transactions", "web/order_lines.parquet", {
        "customer_id": "user_id", "ordered_at": "created_at", "order_id": "order_no", "product_id": "sku",
        "quantity": "qty", "amount": "net_amount", "discount": "discount_amount", "cost": "unit_costs_total",
        "channel": "device",
    }, "web"),
    Export("products", "catalogo/productos.csv", {
        "product_id": "sku", "name": "descripcion", "department": "departamento", "category": "categoria",
        "brand": "marca", "unit_cost": "costo_unitario", "margin": "margen",
    }),
    Export("stores", "catalogo/locales.csv", {
        "store_id": "local", "name": "nombre", "city": "ciudad", "region": "region", "format": "formato",
        "opened_on": "apertura",
    }),
    Export("campaigns", "crm/campanas.csv", {
        "campaign_id": "campana", "name": "nombre", "objective": "objetivo", "channel": "canal", "message": "mensajes",
        "starts_on": "desde", "ends_on": "hasta", "cost": "costo",
    }),
    Export("campaign_contacts", "crm/contactos.csv", {
        "campaign_id": "campana", "customer_id": "cod_cliente", "contacted_on": "fecha", "channel": "canal",
        "message": "mensaje", "is_control": "grupo_control", "cost": "costo",
    }, "shop"),
    Export("campaign_contacts", "web/campaign_contacts.parquet", {
        "campaign_id": "campaign", "customer_id": "user_id", "contacted_on": "sent_on", "channel": "channel",
        "message": "message", "is_control": "holdout", "cost": "cost",
    }, "web"),
    Export("campaign_responses", "crm/respuestas.csv", {
        "campaign_id": "campana", "customer_id": "cod_cliente", "responded_on": "fecha", "kind": "tipo",
        "order_id": "boleta", "amount": "neto",
    }, "shop"),
    Export("campaign_responses", "web/campaign_responses.parquet", {
        "campaign_id": "campaign", "customer_id": "user_id", "responded_on": "happened_on", "kind": "event",
        "order_id": "order_no", "amount": "net_amount",
    }, "web"),
    Export("cases", "crm/reclamos.csv", {
        "case_id": "reclamo", "customer_id": "cod_cliente", "opened_at": "abierto", "first_response_at": "respondido",
        "resolved_at": "resuelto", "type": "tipo", "severity": "gravedad", "touchpoint": "punto_contacto",
        "channel": "via", "order_id": "boleta", "is_escalated": "escalado", "satisfaction": "satisfaccion",
    }, "shop"),
    Export("cases", "web/tickets.parquet", {
        "case_id": "ticket", "customer_id": "user_id", "opened_at": "opened", "first_response_at": "answered",
        "resolved_at": "solved", "type": "topic", "severity": "severity", "touchpoint": "touchpoint", "channel": "via",
        "order_id": "order_no", "is_escalated": "escalated", "satisfaction": "csat",
    }, "web"),
    Export("tasks", "crm/tareas.csv", {
        "task_id": "tarea", "customer_id": "cod_cliente", "type": "tipo", "due_on": "vence", "done_on": "hecha",
        "owner": "responsable",
    }, "shop"),
    Export("tasks", "web/tasks.parquet", {
        "task_id": "task", "customer_id": "user_id", "type": "kind", "due_on": "due", "done_on": "done",
        "owner": "owner",
    }, "web"),
    Export("surveys", "crm/encuestas.csv", {
        "customer_id": "cod_cliente", "answered_on": "fecha", "touchpoint": "punto_contacto", "score": "nota",
        "comment": "comentario",
    }, "shop"),
    Export("surveys", "web/surveys.parquet", {
        "customer_id": "user_id", "answered_on": "answered", "touchpoint": "touchpoint", "score": "score",
        "comment": "comment",
    }, "web"),
    Export("prospects", "crm/prospectos.csv", {
        "prospect_id": "prospecto", "name": "nombre", **_CARD, "channel": "origen", "stage": "etapa",
        "created_on": "creado", "expected_amount": "monto_esperado", "owner": "responsable",
        "converted_to": "cod_cliente",
    }, "shop"),
    Export("opportunities", "crm/oportunidades.csv", {
        "opportunity_id": "oportunidad", "customer_id": "cod_cliente", "prospect_id": "prospecto",
        "opened_on": "abierta", "stage": "etapa", "amount": "monto", "probability": "probabilidad",
        "expected_close_on": "cierre_esperado", "closed_on": "cerrada", "is_won": "ganada", "owner": "responsable",
        "category": "categoria",
    }, "shop"),
    Export("costs", "crm/costos_contacto.csv", {
        "channel": "canal", "unit_cost": "costo_unitario", "minutes": "minutos",
    }),
    Export("plan", "crm/plan.csv", {
        "portfolio": "cartera", "objective": "objetivo", "indicator": "indicador", "target": "meta",
        "starts_on": "desde", "ends_on": "hasta", "budget": "presupuesto", "owner": "responsable",
    }),
    Export("subscriptions", "crm/contratos.csv", {
        "subscription_id": "contrato", "customer_id": "cod_cliente", "plan": "plan", "price": "precio_mes",
        "started_on": "inicio", "ended_on": "termino", "reason": "motivo",
    }, "shop"),
)  # fmt: skip


class Writer:
    """Writes tables part by part into the files of a company below one folder; the same parts give the same bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, _File] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._open.values():
            file.close()

    def write(self, tables: Mapping[str, pa.Table]) -> None:
        """Write tables by name: each into the exports that hold it, those of the truth as they are."""
        for name, table in tables.items():
            if name.startswith("truth/"):
                self._append(f"{name}.parquet", table, "utf-8")
        for export in EXPORTS:
            if export.table in tables:
                rows = tables[export.table]
                if export.register is not None and "register" in rows.column_names:
                    rows = rows.filter(pc.equal(rows["register"], export.register))
                theirs = rows.select(list(export.columns)).rename_columns(list(export.columns.values()))
                self._append(export.path, theirs, export.encoding)

    def _append(self, path: str, table: pa.Table, encoding: str) -> None:
        if path not in self._open:
            file = self._folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            self._open[path] = _Parquet(file, table.schema) if path.endswith(".parquet") else _Csv(file, encoding)
        self._open[path].append(table)


class _File:
    def append(self, table: pa.Table) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class _Parquet(_File):
    def __init__(self, file: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")

    def append(self, table: pa.Table) -> None:
        self._writer.write_table(table)

    def close(self) -> None:
        self._writer.close()


class _Csv(_File):
    def __init__(self, file: Path, encoding: str) -> None:
        self._out, self._encoding, self._has_header = file.open("wb"), encoding, False

    def append(self, table: pa.Table) -> None:
        text = pa.table({name: _as_text(table[name]) for name in table.column_names})
        buffer = pa.BufferOutputStream()
        options = pa.csv.WriteOptions(
            include_header=not self._has_header, delimiter=";", quoting_style="none", quoting_header="none"
        )
        pa.csv.write_csv(text, buffer, options)
        content = buffer.getvalue()
        self._out.write(content if self._encoding == "utf-8" else bytes(content).decode().encode(self._encoding))
        self._has_header = True

    def close(self) -> None:
        self._out.close()


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write values as a Spanish export does: decimal comma, day first, 1 for yes."""
    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return pc.replace_substring(column.cast(pa.string()), ".", ",")
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "1", "0")
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return _dates(column)
    return column if pa.types.is_string(kind) else column.cast(pa.string())


def _dates(column: pa.ChunkedArray) -> pa.ChunkedArray:
    pattern = DAY if pa.types.is_date(column.type) else MOMENT
    # far fewer days or minutes than rows: each is written once
    distinct = column.combine_chunks().dictionary_encode()
    return pa.chunked_array([pc.strftime(distinct.dictionary, pattern).take(distinct.indices)])

"""A DAG for Airflow 3: check the data, then make the report; put it into the folder of DAGs."""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

CHECKOUT = "/srv/clv"
CONFIG = "data/my_shop.yaml"

with DAG(
    dag_id="customer_value_report",
    schedule="30 5 * * 1-5",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # the data of today say nothing of a day that was missed
    max_active_runs=1,
) as dag:
    validate = BashOperator(
        task_id="validate",
        bash_command=f".venv/bin/clv validate {CONFIG}",
        cwd=CHECKOUT,
    )
    report = BashOperator(
        task_id="report",
        bash_command=f".venv/bin/clv run {CONFIG} --resume --keep 60",
        cwd=CHECKOUT,
        env={"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        append_env=True,
        skip_on_exit_code=75,  # another run of this company goes on
        retries=1,  # takes over what the first attempt finished
        retry_delay=timedelta(minutes=5),
        execution_timeout=timedelta(hours=6),
    )
    validate >> report

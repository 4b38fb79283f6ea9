"""Unit proof: when the refresher's alerts fire and end, as Prometheus' own rule evaluation has it.

The series are those of kube-state-metrics 2.x: a failed Job has one for each reason, a Job that has not failed one
without; a CronJob that never succeeded has no time of it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.alerts import assert_firing, assert_told, assert_valid
from tests.unit.kubernetes.test_pull_render import alert

pytestmark = pytest.mark.unit

FAILED, LATE = "PullSecretRefreshFailed", "PullSecretRefreshLate"
CRON = '{namespace="ops",cronjob="apps"}'


def job(name: str, started: int, failed: str, namespace: str = "ops") -> dict[str, str]:
    """Return the series of a Job that starts at a minute; `failed` are the values of whether it failed."""
    about = f'namespace="{namespace}",job_name="{name}"'
    return {
        f"kube_job_status_start_time{{{about}}}": f"_x{started} {started * 60}x2000",
        f'kube_job_status_failed{{{about},reason="BackoffLimitExceeded"}}': failed,
        f'kube_job_status_failed{{{about},reason="DeadlineExceeded"}}': "0x2000",
    }


def schedule(succeeded: str) -> dict[str, str]:
    """Return the series of the refresher's CronJob, made at minute 0."""
    made = {f"kube_cronjob_created{CRON}": "0x2000"}
    return made | ({f"kube_cronjob_status_last_successful_time{CRON}": succeeded} if succeeded else {})


@pytest.fixture(scope="module")
def rule() -> dict[str, Any]:
    return alert()


def test_prometheus_takes_the_rules(rule: dict[str, Any]) -> None:
    assert_valid(rule)


def test_nothing_fires_while_all_is_well(rule: dict[str, Any]) -> None:
    series = schedule("_x10 600x240 15000x240") | job("apps-29000000", 9, "0x2000") | job("apps-first", 1, "0x2000")
    assert_firing(rule, series, {"5m": [], "4h": [], "8h": []})


def test_a_failure_fires_and_ends_with_the_next_run_that_succeeds(rule: dict[str, Any]) -> None:
    # The run of minute 250 fails and stays there as failed; that of minute 490 succeeds at 492.
    series = schedule("_x10 600x481 29520x500") | job("apps-29000250", 250, "_x250 0x4 1x2000")
    assert_firing(rule, series, {"4h14m": [], "4h18m": [FAILED], "8h11m": [FAILED], "8h15m": []})
    labels = {"namespace": "ops", "job_name": "apps-29000250", "reason": "BackoffLimitExceeded"}
    summary = "A refresh of the pull secrets of ops/apps failed; pods cannot pull once the token has died."
    assert_told(rule, series, "4h20m", FAILED, ({**labels, "severity": "critical"}, {"summary": summary}))


def test_a_pod_that_failed_in_a_run_that_succeeded_is_no_failure(rule: dict[str, Any]) -> None:
    without_reason = {'kube_job_status_failed{namespace="ops",job_name="apps-29000005",reason=""}': "_x5 1x2000"}
    started = {'kube_job_status_start_time{namespace="ops",job_name="apps-29000005"}': "_x5 300x2000"}
    assert_firing(rule, schedule("_x7 420x200") | without_reason | started, {"10m": [], "30m": []})


def test_a_first_run_that_fails_is_told_before_the_schedule_has_run(rule: dict[str, Any]) -> None:
    assert_firing(rule, schedule("") | job("apps-first", 1, "_x1 0x4 1x2000"), {"5m": [], "10m": [FAILED]})


def test_a_schedule_that_never_succeeded_is_late(rule: dict[str, Any]) -> None:
    assert_firing(rule, schedule(""), {"8h": [], "8h4m": [], "8h7m": [LATE]})


def test_a_schedule_that_stopped_succeeding_is_late_until_it_succeeds(rule: dict[str, Any]) -> None:
    series = schedule("_x10 600x489 30000x400")
    assert_firing(rule, series, {"8h10m": [], "8h16m": [LATE], "8h25m": []})


def test_jobs_of_others_do_not_count(rule: dict[str, Any]) -> None:
    others = {
        **job("apps-backup-29000001", 1, "_x1 1x2000"),
        **job("other-apps-29000001", 1, "_x1 1x2000"),
        **job("apps-29000001", 1, "_x1 1x2000", namespace="elsewhere"),
        'kube_cronjob_created{namespace="ops",cronjob="apps-backup"}': "0x2000",
        'kube_cronjob_created{namespace="elsewhere",cronjob="apps"}': "0x2000",
    }
    # Nor does another schedule's success end a failure of this one.
    success = {'kube_cronjob_status_last_successful_time{namespace="ops",cronjob="apps-backup"}': "_x20 1200x2000"}
    assert_firing(rule, schedule("_x1 60x200") | others, {"30m": []})
    assert_firing(rule, schedule("") | success | job("apps-29000005", 5, "_x5 1x2000"), {"30m": [FAILED]})


def test_what_does_not_fire_is_told_by_the_support_itself(rule: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match=r"(?s)promtool test rules:.*exp.*PullSecretRefreshLate.*got.*nil"):
        assert_firing(rule, schedule("_x1 60x200"), {"30m": [LATE]})
    with pytest.raises(AssertionError, match="promtool test rules"):
        assert_firing(rule, schedule(""), {"8h7m": []})
    with pytest.raises(AssertionError, match="promtool check rules"):
        assert_valid({"spec": {"groups": [{"name": "a", "rules": [{"alert": "A", "expr": "sum("}]}]}})

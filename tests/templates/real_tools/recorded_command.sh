#!/usr/bin/env bash
# Stands in for a cloud's command line: writes down what it was asked, and does nothing. `kubectl kustomize` is real.
set -euo pipefail
name="$(basename "$0")"
printf '%s\n' "${name} $*" >> "${RECORDED}/commands"
cronjob='{"apiVersion": "batch/v1", "kind": "CronJob", "spec": {}, "status": {"active": []},
  "metadata": {"name": "score", "namespace": "team", "labels": {}, "uid": "1", "resourceVersion": "7"}}'
case "${name} $*" in
  "kubectl kustomize "*) exec "${REAL_KUBECTL}" "$@" ;;
  "kubectl apply --filename "*) cp "$3" "${RECORDED}/applied.yaml" ;;
  "kubectl replace --filename "*) cp "$3" "${RECORDED}/replaced.json" ;;
  "kubectl patch secret "*) cat > "${RECORDED}/secret.json" ;;
  "kubectl rollout status "*"${ROLLOUT_OF:-deployment/}"*) exit "${ROLLOUT}" ;;
  "kubectl get deployments "*)
    awk '/^---/ {found = 0} /^kind: Deployment/ {found = 1} found && /^  name:/ {printf "%s ", $2}' "${RECORDED}/applied.yaml"
    ;;
  "kubectl get cronjobs "*"--output json") printf '{"items": [%s]}' "${cronjob}" ;;
  "kubectl get cronjobs "*"--output name") echo cronjob.batch/score ;;
  "kubectl create job "*) printf '{"kind": "Job", "spec": {"template": {"spec": {"containers": [{"args": ["score"]}]}}}}' ;;
  "kubectl create --filename -") cat > "${RECORDED}/tried.json" ;;
  "kubectl get job "*) if [[ "${ROLLOUT}" == 0 ]]; then echo Complete; else echo FailureTarget Failed; fi ;;
  "gh pr create "*) cp "${RUNNER_TEMP}/report.md" "${RECORDED}/"; echo https://github.example/pull/7 ;;
  "gh pr list "*) echo https://github.example/pull/7 ;;
  "databricks tables exists "*) printf '{"table_exists": %s}' "${TABLE_EXISTS:-true}" ;;
  "databricks bundle deploy "*)
    env | grep -E '^(DATABRICKS|ARM|BUNDLE)_' | sort > "${RECORDED}/environment"
    ls resources > "${RECORDED}/resources"
    exit "${ROLLOUT}"
    ;;
esac

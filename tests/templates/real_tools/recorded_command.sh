#!/usr/bin/env bash
# Stands in for a cloud's command line: writes down what it was asked, and does nothing. `kubectl kustomize` is real.
set -euo pipefail
name="$(basename "$0")"
printf '%s\n' "${name} $*" >> "${RECORDED}/commands"
case "${name} $*" in
  "kubectl kustomize "*) exec "${REAL_KUBECTL}" "$@" ;;
  "kubectl apply --filename "*) cp "$3" "${RECORDED}/applied.yaml" ;;
  "kubectl patch secret "*) cat > "${RECORDED}/secret.json" ;;
  "kubectl rollout status "*) exit "${ROLLOUT}" ;;
esac

#!/bin/sh
# Sends work pool, deployments and automations to the server of PREFECT_API_URL. Can be repeated: nothing is doubled.
set -eu
cd "$(dirname "$0")/.."

prefect work-pool inspect benchbuilder >/dev/null 2>&1 || prefect work-pool create benchbuilder --type process
prefect --no-prompt deploy --all --prefect-file deployments/prefect.yaml
prefect automation inspect 'end runs without a heartbeat' >/dev/null 2>&1 ||
    prefect automation create --from-file deployments/automations.yaml

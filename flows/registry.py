"""The flows by the name that the command line and the deployments use, each with the form that it takes."""

from flows.build_benchmark import build_benchmark
from flows.evaluate_models import evaluate_models
from flows.ingest_prompts import ingest_prompts
from flows.measure_quality import measure_quality
from flows.parameters import EvaluateParameters, IngestParameters, PublishParameters, RunParameters
from flows.publish_leaderboard import publish_leaderboard
from flows.refresh import refresh

FLOWS = {
    "refresh": (refresh, RunParameters),
    "ingest_prompts": (ingest_prompts, IngestParameters),
    "build_benchmark": (build_benchmark, RunParameters),
    "evaluate_models": (evaluate_models, EvaluateParameters),
    "publish_leaderboard": (publish_leaderboard, PublishParameters),
    "measure_quality": (measure_quality, PublishParameters),
}

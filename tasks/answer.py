"""Ask one model every question of a version. Answers belong to question and model: versions share them."""

from datetime import UTC, datetime

from benchbuilder.asking.answers import plan_answers
from benchbuilder.ledger import Ledger, Settled
from benchbuilder.schemas import frame_of
from benchbuilder.text import style_counts
from tasks import ProgressArtifact, Run, plain_step


@plain_step("answer {model}")
async def answer(run: Run, benchmark_id: str, model: str) -> str:
    """One model's answers.

    Raises:
        EndpointError: the model cannot be asked; the others are published without it.
        IncompleteError: some calls failed; a later run asks again.
    """
    async with run.warehouse.named_lock(f"answer-{model}").hold_async():
        digest = run.settings.digest_of_model(model)
        requests, count_known = plan_answers(run.warehouse, run.settings, benchmark_id, model)
        async with Ledger(run.warehouse, run.settings, run.run_id, ProgressArtifact()) as ledger:
            settled = Settled()
            report = await ledger.fulfil(
                f"answer {model}", list(requests.values()), settle=settled.add, count_known=count_known
            )
        rows = [
            {
                "prompt_id": prompt_id,
                "model": model,
                "model_digest": digest,
                "request_key": request.request_key,
                "answered_at": datetime.now(UTC),
            }
            for prompt_id, request in requests.items()
            if request.request_key in settled
        ]
        run.warehouse.append("answers", frame_of("answers", rows))
        _measure_styles(run, model)
    report.check_complete()
    return str(report)


def _measure_styles(run: Run, model: str) -> None:
    """Length and Markdown of the answers that have none measured yet."""
    texts = run.warehouse.read(
        "select answer_key, text from all_answers where model = $model and count_tokens is null and text is not null",
        model=model,
    )
    rows = [{"request_key": key, **style_counts(text)} for key, text in texts.iter_rows()]
    run.warehouse.append("answer_styles", frame_of("answer_styles", rows))

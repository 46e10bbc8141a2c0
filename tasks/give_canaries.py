"""Write the canaries' answers down, so that the judges can be asked about them like about any model's."""

from datetime import UTC, datetime

from benchbuilder.schemas import frame_of
from benchbuilder.text import digest_of, style_counts
from tasks import Run, plain_step

_ANSWERS = """
    select all_answers.question_ref, all_answers.text
    from all_answers
    semi join (from questions where benchmark_id = $benchmark_id) as asked using (question_ref)
    where all_answers.model = $model and all_answers.model_digest = $model_digest and all_answers.text is not null
    order by all_answers.question_ref
"""


@plain_step("canaries")
async def give_canaries(run: Run, benchmark_id: str) -> str:
    """Append the answers of all canaries of the settings; they are made from the baseline's, without a call.

    Like a model's, an answer belongs to the question: the one from another question stays, whatever a later version or
    a later answer of the baseline would have made of it.
    """
    baseline = run.settings.evaluation.baseline
    digests = run.settings.digests_of_contestants
    of_baseline = dict(
        run.warehouse.read(
            _ANSWERS, benchmark_id=benchmark_id, model=baseline, model_digest=digests[baseline]
        ).iter_rows()
    )
    rows = [
        {
            "answer_key": digest_of(["canary", question_ref, canary.model, digests[canary.model]]),
            "question_ref": question_ref,
            "model": canary.model,
            "model_digest": digests[canary.model],
            "text": text,
            **style_counts(text),
            "given_at": datetime.now(UTC),
        }
        for canary in run.settings.canaries
        for question_ref, text in canary.answers(of_baseline).items()
    ]
    count = run.warehouse.append("given_answers", frame_of("given_answers", rows)) if rows else 0
    return f"canaries: {count} new answers, {len(rows) - count} there already"

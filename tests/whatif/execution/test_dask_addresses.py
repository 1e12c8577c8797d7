"""A wrong address of a Dask scheduler ends at once with a sentence."""

import pytest

from kueue_sim.errors import InputError
from kueue_sim.whatif.execution.executors import crew_of

pytest.importorskip("distributed", reason="distributed is missing: pip install 'kueue-sim[cluster]'")


@pytest.mark.parametrize("address", ["foo", "", "tcp://", "tcp://host", "10.0.0.1:8786", "tcp://host:port"])
def test_a_text_that_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InputError, match=r"is no address; the address of a Dask scheduler looks like tcp://"):
        crew_of("dask", address=address)


def test_tls_without_certificates_is_refused_with_the_settings_that_are_missing() -> None:
    with pytest.raises(InputError, match=r"asks for TLS, and no certificates are configured"):
        crew_of("dask", address="tls://127.0.0.1:1")

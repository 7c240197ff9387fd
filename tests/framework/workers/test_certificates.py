"""The bundle of authorities that child processes are given."""

from __future__ import annotations

import resource
import signal
import ssl
from pathlib import Path

import certifi
import pytest
import trustme

from fetchgram.workers.certificates import client_context, write_bundle


def own_authority(folder: Path) -> Path:
    path = folder / "own.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def test_the_bundle_holds_the_usual_authorities_and_the_operators(tmp_path: Path) -> None:
    own = own_authority(tmp_path)
    bundle = write_bundle(own, tmp_path / "made")
    text = bundle.read_text("utf-8")
    assert own.read_text("utf-8").strip() in text
    assert Path(certifi.where()).read_text("utf-8").strip() in text
    assert list(bundle.parent.iterdir()) == [bundle]
    usual = ssl.create_default_context(cafile=certifi.where()).cert_store_stats()["x509_ca"]
    assert ssl.create_default_context(cafile=str(bundle)).cert_store_stats()["x509_ca"] > usual


def test_writing_the_bundle_again_replaces_it(tmp_path: Path) -> None:
    first = write_bundle(own_authority(tmp_path), tmp_path).read_text("utf-8")
    assert write_bundle(own_authority(tmp_path), tmp_path).read_text("utf-8") != first


def test_a_bundle_that_says_the_same_is_left_alone_so_that_a_full_disk_stops_no_start(tmp_path: Path) -> None:
    own = own_authority(tmp_path)
    bundle = write_bundle(own, tmp_path / "made")
    before = bundle.stat()
    assert write_bundle(own, tmp_path / "made") == bundle
    assert (bundle.stat().st_ino, bundle.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_nothing_stays_of_a_bundle_that_could_not_be_written(tmp_path: Path) -> None:
    own, made = own_authority(tmp_path), tmp_path / "made"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # the kernel's own way to refuse a write: EFBIG
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_bundle(own, made)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(made.iterdir()) == []


def test_the_client_verifies_names_and_chains(tmp_path: Path) -> None:
    context = client_context(own_authority(tmp_path))
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED

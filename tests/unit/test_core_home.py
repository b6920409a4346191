"""Where an installation keeps its state."""

from pathlib import Path

from broadsheet.core.home import artifact_folder, data_path, home, store_path


def test_home_is_where_the_user_says(monkeypatch, tmp_path):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path))
    assert home() == tmp_path
    assert artifact_folder() == tmp_path / "artifacts"
    assert store_path() == tmp_path / "store.sqlite"


def test_or_else_in_the_data_folder_of_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("BROADSHEET_HOME")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home() == tmp_path / "broadsheet"


def test_which_has_a_usual_place(monkeypatch, tmp_path):
    monkeypatch.setenv("BROADSHEET_HOME", "")
    monkeypatch.setenv("XDG_DATA_HOME", "")
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert home() == tmp_path / ".local" / "share" / "broadsheet"


def test_asking_makes_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("BROADSHEET_HOME", str(tmp_path / "new"))
    artifact_folder()
    store_path()
    assert not (tmp_path / "new").exists()


def test_a_path_that_leads_nowhere_is_looked_for_among_the_data(monkeypatch, tmp_path):
    monkeypatch.setenv("BROADSHEET_DATA", str(tmp_path))
    (tmp_path / "beauty").mkdir()
    assert data_path(Path("beauty")) == tmp_path / "beauty"
    assert data_path(Path("nowhere")) == Path("nowhere")
    assert data_path(tmp_path) == tmp_path
    monkeypatch.delenv("BROADSHEET_DATA")
    assert data_path(Path("beauty")) == Path("beauty")

# MAGIC %pip install --quiet ..

# COMMAND ----------

# The code of this folder comes first, installed or not. A notebook has no `__file__`.
import os
import sys
from pathlib import Path

here = Path(globals().get("__file__", "notebook")).resolve().parent
root = next(folder for folder in (here, *here.parents) if (folder / "{{ config }}").exists())
sys.path.insert(0, str(root / "src"))
if "DATABRICKS_RUNTIME_VERSION" in os.environ:
    # A database cannot live in a Git folder.
    os.environ.setdefault("{{ prefix }}_DATA_DIR", "/tmp/{{ cookiecutter.repo_name }}")

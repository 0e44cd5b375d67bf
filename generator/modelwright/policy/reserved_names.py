"""Reserved names: what no Python package of a project may be called.

Words of Python, tools, and the names that the projects' libraries bring. `.ci/library_names.py`
writes `_INSTALLED` from the examples' lock files: a line is a distribution, and then the modules
and commands that it installs, with underscores for hyphens.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
False None True abc aifc and annotationlib antigravity argparse array as assert ast async asynchat
asyncio asyncore atexit audioop await base64 bdb binascii bisect break builtins bz2 cProfile
calendar case cgi cgitb chunk class cmath cmd code codecs codeop collections colorsys compileall
compression concurrent configparser contextlib contextvars continue copy copyreg crypt csv ctypes
curses dataclasses datetime dbm decimal def del difflib dis distutils doctest elif else email
encodings ensurepip enum errno except faulthandler fcntl filecmp fileinput finally fnmatch for
fractions from ftplib functools gc genericpath getopt getpass gettext glob global graphlib grp gzip
hashlib heapq hmac html http idlelib if imaplib imghdr imp import importlib in inspect io ipaddress
is itertools json keyword lambda lazy lib2to3 linecache locale logging lzma mailbox mailcap marshal
match math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nonlocal not
nt ntpath nturl2path numbers opcode operator optparse or os ossaudiodev pass pathlib pdb pickle
pickletools pipes pkgutil platform plistlib poplib posix posixpath pprint profile profiling pstats
pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri raise random re readline reprlib
resource return rlcompleter runpy sched secrets select selectors shelve shlex shutil signal site
smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat
statistics string stringprep struct subprocess sunau symtable sys sysconfig syslog tabnanny tarfile
telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace
traceback tracemalloc try tty turtle turtledemo type types typing unicodedata unittest urllib uu
uuid venv warnings wave weakref webbrowser while winreg winsound with wsgiref xdrlib xml xmlrpc
yield zipapp zipfile zipimport zlib zoneinfo
"""
# Written by hand: what people install beside the locked libraries, and what a root often holds.
_TOOLS: Final = """
airflow app azure bandit black boto3 build catboost celery conda conftest dagster dask django docker
env flake8 flask gradio grpc hatch hatchling httpx ipython isort jax jinja2 jupyter kafka kedro
keras kubernetes main matplotlib nltk notebook nox pdm pip pkg_resources plotly poetry prefect
prophet psycopg py4j pyarrow pylint pyright pyspark ray seaborn setup setuptools shap site_packages
spacy spark src statsmodels streamlit tensorflow testing torch torchvision tox transformers twine
uv uvx venv wheel xgboost
"""

PYTHON_NAMES: Final = frozenset(_WORDS.split())
TOOL_NAMES: Final = frozenset(_TOOLS.split())

_INSTALLED: Final = """
alembic: alembic
annotated-doc: annotated_doc
annotated-types: annotated_types
anyio: anyio
ast-serialize: ast_serialize
async-timeout: async_timeout
cachetools: cachetools
certifi: certifi
cffi: cffi cffi_gen_src
cfgv: cfgv
charset-normalizer: charset_normalizer normalizer
click: click
cloudpickle: cloudpickle
colorama: colorama
colorlog: colorlog
confluent-kafka: confluent_kafka
coreforecast: coreforecast
coverage: coverage coverage3
cryptography: cryptography
databricks-sdk: databricks
dataframely: dataframely
distlib: distlib
execnet: execnet
fastapi: fastapi
filelock: filelock
fsspec: fsspec
gitdb: gitdb
gitpython: git
google-auth: google
h11: h11
hiredis: hiredis
httpcore2: httpcore2
httptools: httptools
httpx2: httpx2
httpx2-jsfetch: httpx2_jsfetch
hypothesis: hypothesis
identify: identify identify_cli
idna: idna
implicit: implicit
importlib-metadata: importlib_metadata
iniconfig: iniconfig
joblib: joblib
librt: librt
lightgbm: lightgbm
mako: mako mako_render
markupsafe: markupsafe
mlflow-skinny: mlflow
mlforecast: docs mlforecast scripts tests
msgspec: msgspec
mypy: dmypy mypy mypyc stubgen stubtest
mypy-extensions: mypy_extensions
narwhals: narwhals
nodeenv: nodeenv
numpy: f2py numpy numpy_config
opentelemetry-api: opentelemetry
opentelemetry-proto: opentelemetry
opentelemetry-sdk: opentelemetry
opentelemetry-semantic-conventions: opentelemetry
optuna: optuna
packaging: packaging
pandas: pandas
pathspec: pathspec
platformdirs: platformdirs
pluggy: pluggy
poethepoet: poe poethepoet
polars: polars
polars-runtime-32:
pre-commit: pre_commit
prometheus-client: prometheus_client
protobuf: google
pyasn1: pyasn1
pyasn1-modules: pyasn1_modules
pycparser: pycparser
pydantic: pydantic
pydantic-core: pydantic_core
pygments: pygmentize pygments
pytest: py pytest
pytest-cov: pytest_cov
pytest-xdist: xdist
python-dateutil: dateutil
python-discovery: python_discovery
python-dotenv: dotenv
pytz: pytz
pyyaml: yaml
redis: redis
requests: requests
ruff: ruff
scikit-learn: sklearn
scipy: scipy
smmap: smmap
sortedcontainers: sortedcontainers
sqlalchemy: sqlalchemy
sqlparse: sqlformat sqlparse
starlette: starlette
threadpoolctl: threadpoolctl
tqdm: tqdm
truststore: truststore
typing-extensions: typing_extensions
typing-inspection: typing_inspection
tzdata: tzdata
urllib3: urllib3
utilsforecast: utilsforecast
uvicorn: uvicorn
uvloop: uvloop
virtualenv: virtualenv
watchfiles: watchfiles
websockets: websockets
zipp: zipp
"""

LIBRARIES: Final = {
    distribution: frozenset(names.split())
    for distribution, _, names in (line.partition(":") for line in _INSTALLED.split("\n") if line)
}
LIBRARY_NAMES: Final = frozenset[str]().union(*LIBRARIES.values())

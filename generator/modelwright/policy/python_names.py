"""Names that a Python package must not have: Python's own, and those of common tools.

A package named like one of them cannot be imported, or hides the standard module from every
library that needs it. The union over CPython 3.11 to 3.15; private modules are left out.

Source:
    `keyword.kwlist`, `keyword.softkwlist` and `sys.stdlib_module_names` of those versions.
"""

from __future__ import annotations

from typing import Final

__all__ = ["PYTHON_NAMES", "TOOL_NAMES"]

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

# What runs on this machine is asked directly: no proxy can reach it. Set before anything makes a
# request, this holds for every library, and for every process that is started from here.
if any(name.lower() in {"http_proxy", "https_proxy", "all_proxy"} for name in os.environ):
    _direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
    if _direct.strip() != "*":
        _hosts = dict.fromkeys([*_direct.split(","), "localhost", "127.0.0.1", "::1"])
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, _hosts))

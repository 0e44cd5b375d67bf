# LightGBM's threads spin while they wait: with two on a busy processor a fit took 30 s instead
# of 2. The library reads this once, when it is loaded, and everything here comes before that.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Its wheel for Linux leaves OpenMP to the system; importing it there would end in a traceback.
if sys.platform == "linux":
    try:
        ctypes.CDLL("libgomp.so.1")
    except OSError:
        sys.stderr.write(
            "error: LightGBM needs OpenMP (libgomp.so.1), which is not installed; next: "
            "apt-get install libgomp1 (Debian, Ubuntu) or dnf install libgomp (Fedora, Red Hat)\n"
        )
        raise SystemExit(4) from None

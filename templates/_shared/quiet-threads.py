# LightGBM's threads spin while they wait: with two on a busy processor a fit took 30 s instead
# of 2. The library reads this once, when it is loaded, and everything here comes before that.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

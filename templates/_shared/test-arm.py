@given(st.text(), st.text(), SHARES)
def test_an_entity_always_meets_the_same_version(name, entity, share):
    assert arm(name, entity, share) == arm(name, entity, share)


@given(st.text(), st.text(), SHARES, SHARES)
def test_who_met_the_challenger_stays_when_the_share_grows(name, entity, one, other):
    low, high = sorted((one, other))

    assert arm(name, entity, high) or not arm(name, entity, low)


@given(st.text(), st.text())
def test_no_share_meets_nobody_and_the_whole_share_everybody(name, entity):
    assert not arm(name, entity, 0.0)
    assert arm(name, entity, 1.0)


def test_assignments_are_the_same_in_every_process_and_release():
    met = "".join(str(int(arm("experiment", f"customer-{n}", 0.5))) for n in range(24))

    assert met == "101000111111100100110010"


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_share_is_met(share):
    met = sum(arm("experiment", f"customer-{n}", share) for n in range(20_000))

    assert imbalance(20_000 - met, met, share) < 4.0


def test_two_experiments_draw_independently():
    both = sum(arm("one", f"c{n}", 0.5) and arm("two", f"c{n}", 0.5) for n in range(20_000))

    assert both == pytest.approx(5_000, abs=300)

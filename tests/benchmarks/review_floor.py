"""The floor that no page of Streamlit can be faster than: a rerun that does nothing, from click to picture."""

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page

SCRIPT = """
import streamlit as st
st.session_state.count = st.session_state.get("count", 0) + 1
st.button("Again")
st.text(f"run {st.session_state.count}")
"""
CLICK = """async (steps) => {
  const times = [];
  const shown = () => document.querySelector('[data-testid=stText]').textContent;
  for (let i = 0; i < steps; i += 1) {
    const before = shown(), begin = performance.now();
    document.querySelector('[data-testid=stButton] button').click();
    while (shown() === before) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - begin);
    await new Promise((done) => setTimeout(done, 100));
  }
  return times;
}"""
PORT = 18_699


def measure_floor(page: Page, folder: Path, *, steps: int) -> list[float]:
    """Milliseconds of each empty rerun."""
    script = folder / "empty.py"
    script.write_text(SCRIPT, "utf-8")
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless=true"]
    server = subprocess.Popen([*command, "--server.address=127.0.0.1", f"--server.port={PORT}"], cwd=folder)
    try:
        _wait_for(f"http://127.0.0.1:{PORT}/_stcore/health")
        page.goto(f"http://127.0.0.1:{PORT}")
        page.wait_for_selector("[data-testid=stButton] button")
        page.wait_for_selector("[data-testid=stText]")
        page.wait_for_timeout(1_000)
        times: list[float] = page.evaluate(CLICK, steps)
        return times
    finally:
        server.terminate()
        server.wait(timeout=20)


def _wait_for(url: str, *, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise TimeoutError(url)

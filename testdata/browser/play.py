#!/usr/bin/env python3
"""Plays media files in Chromium and prints, as JSON, what was seen and heard.

Usage: play.py FILE...    (needs Playwright for Python, and /usr/bin/chromium)

A file is MP4, WebM, an HLS index, or a DASH index, whose segments are fed to Media Source Extensions
as players of DASH do. `flashes` are the times of the first bright pictures, `beeps` those at which
sound begins, both as the media element counts; sound is late by a constant of the machine.
"""
import functools, http.server, json, os, sys, threading
from playwright.sync_api import sync_playwright

PAGE = r"""<!doctype html><video id=v playsinline></video><script>
const v = document.getElementById('v'), found = {flashes: [], beeps: []};
const canvas = new OffscreenCanvas(16, 16), pen = canvas.getContext('2d', {willReadFrequently: true});
let lit = false, loud = -1;
function look(now, facts) {
  pen.drawImage(v, 0, 0, v.videoWidth, v.videoHeight / 2, 0, 0, 16, 16);
  const all = pen.getImageData(0, 0, 16, 16).data;
  let sum = 0;
  for (let i = 0; i < all.length; i += 4) sum += all[i + 1];
  const bright = sum / 256 > 128;
  if (bright && !lit) found.flashes.push(facts.mediaTime);
  lit = bright;
  v.requestVideoFrameCallback(look);
}
v.requestVideoFrameCallback(look);
function listen() {
  const sound = new AudioContext({sampleRate: 48000});
  const source = sound.createMediaElementSource(v), ear = sound.createScriptProcessor(256, 2, 1);
  ear.onaudioprocess = event => {
    const samples = event.inputBuffer.getChannelData(0);
    const start = v.currentTime - samples.length / 48000;
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) < 0.2) continue;
      const time = start + i / 48000;
      if (loud < 0 || time - loud > 0.2) found.beeps.push(time);
      loud = time;
    }
  };
  source.connect(ear); ear.connect(sound.destination); source.connect(sound.destination);
}
async function feed(index) {
  const xml = new DOMParser().parseFromString(await (await fetch(index)).text(), 'text/xml');
  const media = new MediaSource();
  v.src = URL.createObjectURL(media);
  await new Promise(done => media.onsourceopen = done);
  const length = xml.documentElement.getAttribute('mediaPresentationDuration');
  await Promise.all([...xml.querySelectorAll('Representation')].map(async one => {
    const type = `${one.getAttribute('mimeType')}; codecs="${one.getAttribute('codecs')}"`;
    if (!MediaSource.isTypeSupported(type)) throw new Error('cannot play ' + type);
    const buffer = media.addSourceBuffer(type), list = one.querySelector('SegmentList');
    buffer.timestampOffset =
      -list.getAttribute('presentationTimeOffset') / list.getAttribute('timescale');
    const names = [one.querySelector('Initialization').getAttribute('sourceURL'),
      ...[...one.querySelectorAll('SegmentURL')].map(segment => segment.getAttribute('media'))];
    for (const name of names) {
      buffer.appendBuffer(await (await fetch(name)).arrayBuffer());
      await new Promise((done, fail) => { buffer.onupdateend = done; buffer.onerror = fail; });
    }
  }));
  media.endOfStream();
}
async function play(name) {
  listen();
  const end = new Promise(done => {
    v.onended = () => done(null);
    v.onerror = () => done(v.error.message);
  });
  try {
    if (name.endsWith('.mpd')) await feed(name); else v.src = name;
    await v.play();
  } catch (error) { return {error: String(error)}; }
  const error = await end;
  return {...found, error, duration: v.duration, end: v.currentTime, width: v.videoWidth,
    height: v.videoHeight, pictures: v.getVideoPlaybackQuality().totalVideoFrames};
}
</script>"""


class Files(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/page.html":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, *_):
        pass


Files.extensions_map.update({".mpd": "application/dash+xml",
                             ".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"})


def play(browser, path):
    folder, name = os.path.split(os.path.abspath(path))
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Files, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    page.set_default_timeout(0)
    page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
    result = page.evaluate("name => play(name)", name)
    page.close()
    server.shutdown()
    return result


with sync_playwright() as all:
    browser = all.chromium.launch(
        executable_path="/usr/bin/chromium", headless=True,
        args=["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"])
    print(json.dumps({path: play(browser, path) for path in sys.argv[1:]}, indent=1))
    browser.close()

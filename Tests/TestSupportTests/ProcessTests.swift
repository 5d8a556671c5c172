import Basics
import Posix
import TestSupport
import Testing

@Suite struct ProcessTests {
  @Test func `A child's output, exit code and use are told`() throws {
    let result = try run("sh", ["-c", "echo out; echo err >&2; exit 7"])
    #expect(result.end.exitCode == 7 && result.end.signal == nil)
    #expect(result.standardOutput == "out\n" && result.standardError == "err\n")
    #expect(
      try run("sh", ["-c", "while :; do i=$((i+1)); [ $i -lt 200000 ] || exit; done"]).end
        .cpuSeconds > 0.02)
  }

  @Test func `A signal ends a child and is told`() throws {
    let child = try ChildProcess("sleep", ["30"])
    // The child is this process's copy at first, and has little of its own while it starts.
    let hasStarted = Wait.until(atMost: 10) { Usage(of: child)?.privateBytes ?? 0 > 4096 }
    #expect(hasStarted)
    let usage = try #require(Usage(of: child))
    #expect(usage.privateBytes <= usage.residentBytes)
    let peak = try #require(Usage.peakBytes(of: child))
    #expect(peak > 100_000 && peak < 20_000_000)
    #expect(child.isRunning)
    #expect(child.waited(seconds: 0.05) == nil)
    child.send(15)
    #expect(try child.wait(seconds: 5).signal == 15)
    #expect(Usage(of: child) == nil)
  }

  @Test func `What runs too long is killed`() throws {
    let child = try ChildProcess("sleep", ["30"])
    #expect(throws: Failure.self) { try child.wait(seconds: 0.05) }
    #expect(!child.isRunning)
  }

  @Test func `A program that is not there cannot be started`() throws {
    let failure = #expect(throws: Failure.self) { try run("no-such-program", []) }
    #expect(failure?.description == "no-such-program: cannot start: No such file or directory")
  }

  @Test func `Ports are free, and one that is taken is seen`() throws {
    let port = try Ports.free()
    #expect(!Ports.isTaken(port))
    let listener = try ChildProcess(
      "ffmpeg",
      ["-nostdin", "-v", "error", "-i", "tcp://127.0.0.1:\(port)?listen=1", "-f", "null", "-"])
    try Ports.waitForListener(on: port)
    listener.send(9)
    #expect(try Ports.freeForRTP() % 2 == 0)
  }

  @Test func `A temporary folder goes with its last reference`() throws {
    var folder: TemporaryFolder? = try TemporaryFolder()
    let path = try #require(try folder?.write("a.txt", "text\n"))
    #expect(try Files.text(path) == "text\n")
    folder = nil
    #expect(!fileExists(path))
  }
}

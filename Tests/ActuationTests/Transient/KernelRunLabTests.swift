import CgroupModel
import Foundation
import Testing

/// The lecture's lab, one command each, on the machine's real hierarchies.
@Suite(.serialized, .enabled(if: RunPlace.isUsable, "needs root and writable cgroups"))
struct KernelRunLabTests {
    private let place = RunPlace()

    /// Touches so many million bytes, and says so if it lives.
    private static let eater = """
        import sys
        room = bytearray(int(sys.argv[1]) * 1000000)
        for index in range(0, len(room), 4096): room[index] = 1
        print("alive")
        """

    @Test(
        .enabled(if: RunPlace.has(.memory), "no memory controller"),
        .enabled(if: RunPlace.python != nil, "no python3"))
    func limitOf100MBAllows80MBAndKillsAt120MB() throws {
        let python = try #require(RunPlace.python)
        let small = try place.run(["--memory-total", "100MB"], python, "-c", Self.eater, "80")
        #expect(small.status == 0, "\(small.errors)")
        #expect(small.output == "alive\n")
        let report = try small.summary()
        #expect(report["killed_by_memory_limit"] as? Bool == false)
        #expect(try #require(report["memory.peak"] as? Int) > 80_000_000)

        let big = try place.run(["--memory-total", "100MB"], python, "-c", Self.eater, "120")
        #expect(big.status == 137, "\(big.errors)")
        #expect(big.output == "")
        let verdict = try big.summary()
        #expect(verdict["killed_by_memory_limit"] as? Bool == true)
        #expect(verdict["memory.events.oom_kill"] as? Int == 1)
        #expect(verdict["signal"] as? Int == 9)
        let peak = try #require(verdict["memory.peak"] as? Int)
        #expect(peak > 95_000_000 && peak <= 100_000_000)
    }

    @Test func killWithoutALimitIsNotAttributedToTheLimit() throws {
        let run = try place.run([], "sh", "-c", "kill -KILL $$")
        #expect(run.status == 137)
        #expect(try run.summary()["killed_by_memory_limit"] as? Bool == false)
    }

    @Test(.enabled(if: RunPlace.has(.cpu), "no cpu controller"))
    func quotaThrottlesABusyLoop() throws {
        let run = try place.run(
            ["--cpus", "0.3"], "sh", "-c",
            "end=$(($(date +%s) + 4)); while [ $(date +%s) -lt $end ]; do :; done")
        #expect(run.status == 0, "\(run.errors)")
        let report = try run.summary()
        let used = try #require(report["cpu.usage_usec"] as? Int)
        let wall = try #require(report["wall_usec"] as? Int)
        let share = Double(used) / Double(wall)
        #expect(share > 0.1 && share < 0.36, "CPU per wall time is \(share)")
        #expect(try #require(report["cpu.throttled_usec"] as? Int) > 0)
        #expect(try #require(report["cpu.nr_throttled"] as? Int) > 5)
    }

    @Test(.enabled(if: RunPlace.has(.cpuset), "no cpuset controller"))
    func cpusetIsEffective() throws {
        let run = try place.run(
            ["--cpuset", "0"], "grep", "Cpus_allowed_list", "/proc/self/status")
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "Cpus_allowed_list:\t0\n")
    }

    @Test(.enabled(if: RunPlace.python != nil, "no python3"))
    func pidsLimitStopsAForkLoop() throws {
        let loop = """
            import os, time
            count = 0
            try:
                while True:
                    if os.fork() == 0:
                        time.sleep(60)
                        os._exit(0)
                    count += 1
            except OSError:
                print(count)
            """
        let python = try #require(RunPlace.python)
        let run = try place.run(["--pids", "10", "--kill-rest"], python, "-c", loop)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == "9\n")
        #expect(try run.summary()["pids.peak"] as? Int == 10)
        #expect(place.runs.isEmpty)
    }

    /// Only the scratch disk of a guest may be written.
    @Test(
        .enabled(
            if: RunPlace.has(.io)
                && ProcessInfo.processInfo.environment["CGWARDEN_REQUIRE_CGROUPS"]
                    != nil
                && FileManager.default.fileExists(atPath: "/dev/vda"), "not in the guest"))
    func writeLimitThrottlesADirectWriter() throws {
        let copy = ["dd", "if=/dev/zero", "of=/dev/vda", "bs=1M", "count=6", "oflag=direct"]
        let run = try RunProgram(
            RunProgram.path, place.arguments(["--io", "/dev/vda:wbps=2MB/s"], copy)
        ).result()
        #expect(run.status == 0, "\(run.errors)")
        let report = try run.summary()
        let seconds = Double(try #require(report["wall_usec"] as? Int)) / 1e6
        #expect(seconds > 2.5, "6 MiB at 2 MB/s took \(seconds) s")
        #expect(report["io.wbytes"] as? Int == 6 << 20)
    }

    @Test func impossibleLimitIsRefusedBeforeTheStart() throws {
        let mistyped = try place.run(["--memory", "100"], "echo", "started")
        #expect(mistyped.status == 64)
        #expect(mistyped.output == "")
        let impossible = try place.run(["--set", "cpuset.cpus=4000"], "echo", "started")
        #expect(impossible.status != 0)
        #expect(impossible.output == "")
        #expect(impossible.errors.split(separator: "\n").count == 1, "\(impossible.errors)")
        #expect(place.runs.isEmpty)
    }
}

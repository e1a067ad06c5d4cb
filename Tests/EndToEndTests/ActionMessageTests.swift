import Foundation
import TestSupport
import Testing

/// Typical mistakes of new users at the acting commands, and the messages.
@Suite struct ActionMessageTests {
    struct Slip: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let says: String

        init(_ arguments: String, _ status: Int32, _ says: String) {
            self.arguments = arguments.split(separator: " ").map { $0 == "''" ? "" : String($0) }
            self.status = status
            self.says = says
        }

        var testDescription: String { arguments.joined(separator: " ") }
    }

    /// Negative numbers are values, not options that lack one.
    private static let negative = [
        Slip("tree --depth -1", 64, "--depth cannot be negative"),
        Slip("top -b -n -1", 64, "-n cannot be negative"),
        Slip("stat -i -1s", 64, "'-1s' is invalid"),
        Slip("freeze /x --timeout -5s", 64, "'-5s' is invalid"),
        Slip("kill /x --grace -1", 64, "'-1' is invalid"),
        Slip("move -1 /x", 64, "-1 is not a process ID"),
        Slip("move 0 /x", 64, "0 is not a process ID"),
        Slip("top -b -2", 64, "unknown option '-2'"),
    ]
    /// As from an unset variable of a script.
    private static let empty = ["get", "remove", "kill", "thaw", "create", "freeze"].map {
        Slip("\($0) ''", 64, "the name of the cgroup is empty")
    }
    private static let units = [
        Slip("set / memory.max=512", 64, "needs a unit"),
        Slip("set / memory.max=512mx", 64, "unknown unit mx"),
        Slip("set / cpu.max=2cores", 64, "unknown unit cores"),
        Slip("set / io.max=/dev/vda:rbps=10mx/s", 64, "unknown unit mx/s"),
        Slip("set / io.max=/dev/vda:rbps=10MB", 64, "needs a unit per second"),
        Slip("set / memory.mx=5MiB", 64, "did you mean 'memory.max'"),
        Slip("set / memory.max", 64, "is not NAME=VALUE; write memory.max=512MiB"),
        Slip("set / memory.max 1G", 64, "write memory.max=1GiB"),
        Slip("set / io.max.wbps 1MB/s", 64, "write io.max=/dev/vda:wbps=10MB/s"),
        Slip("set / memory.max=1G", 64, "write 1GiB or 1GB (systemd's 1G is 1GiB)"),
        Slip("set / memory.max=1048576", 64, "write 1048576B, 512MiB"),
        Slip("set /no/such memory.max=1G", 66, "no cgroup /no/such"),
        Slip("set / pids.max=-1", 64, "a number from 0 to"),
    ]
    private static let times = [
        Slip("set /x pids.max=5 --for ten", 64, "expected a time from 1ms to 365d: 500ms, 10s"),
        Slip("set /x pids.max=5 --for 0s", 64, "expected a time from 1ms to 365d: 500ms, 10s"),
        Slip("explain /x -d ten", 64, "expected a time from 100ms to 1m"),
        Slip("tree --depth x", 64, "--depth: 'x' is invalid; expected a whole number"),
        Slip("show --pid abc", 64, "--pid: 'abc' is invalid; expected a process ID"),
        Slip(
            "top --recursive maybe", 64,
            "--recursive: 'maybe' is invalid; expected 'yes' or 'no'"),
        Slip("events -n x", 64, "-n: 'x' is invalid; expected a whole number"),
        Slip("top -d 0", 64, "-d: '0' is invalid; expected a time from 1ms to 365d: 500ms, 10s"),
        Slip("top --cpu foo", 64, "--cpu: 'foo' is invalid; write 'percentage' or 'time'"),
        Slip("run --summary foo -- ls", 64, "write 'text', 'json' or 'none'"),
        Slip("reclaim /x 100M", 64, "\"100M\" has two meanings; write 100MiB or 100MB"),
        Slip(
            "top --record /x/y --record-size 5", 64,
            "--record-size must be at least 1MiB, not 5 bytes"),
        Slip("policy check --mode v3", 64, "unknown mode 'v3'; valid: v1, v2, hybrid"),
        Slip("top -b --order nonsense", 64, "valid: path, io, tasks, cpu, throttled"),
        Slip("top -b --order cpuu", 64, "did you mean 'cpu'?"),
        Slip("reclaim /x much", 64, "expected an amount above 0: 512KiB, 64MiB, 1GB"),
        Slip("show /x --at 2026-13-01", 64, "expected a time: -2h, 14:02"),
    ]
    private static let missing = [
        Slip("set /", 64, "name a cgroup and at least one limit"),
        Slip(
            "set memory.max=1GiB web", 64,
            "the cgroup comes first: cgwarden set web memory.max=1GiB"),
        Slip("restore 99", 66, "for a change: cgwarden restore --change 99"),
        Slip("exporter --port 99", 64, "write --web.listen-address HOST:PORT"),
        Slip("policy explain build.yaml", 64, "cgwarden policy explain CGROUP --policy build.yaml"),
        Slip("stat /x --cgroup /y", 64, "mutually exclusive"),
        Slip("reclaim /x", 64, "name an amount"),
        Slip("reclaim /x --all 5MB", 64, "mutually exclusive"),
        Slip("hold /x", 64, "name a duration: cgwarden hold /x 1h"),
        Slip(#"hold /a\x2db"#, 64, #"cgwarden hold '/a\x2db' 1h"#),
        Slip("hold /x --release 1h", 64, "--release and a duration"),
        Slip("move 1", 64, "name processes and a cgroup"),
        Slip("move --controler cpu 1 /x", 64, "unknown option '--controler'; did you mean"),
        Slip("move /x 1", 64, "the cgroup comes last"),
        Slip("run --memory 1 -- ls", 64, "--memory: \"1\" needs a unit; write"),
        Slip("run --memory-total 1M -- ls", 64, "--memory-total: \"1M\" has two meanings"),
        Slip("run --cpus x -- ls", 64, "--cpus: \"x\" is not valid; write 1.5cpus"),
        Slip("run --io x -- ls", 64, "write --io /dev/vda:rbps=10MB/s"),
        Slip("run --set memory.max=1 -- ls", 64, "memory.max: \"1\" needs a unit"),
        Slip("run --memry 1GB -- ls", 64, "unknown option '--memry'; did you mean '--memory'?"),
        Slip("run --memry=1GB ls", 64, "unknown option '--memry'; did you mean '--memory'?"),
        Slip("--verson", 64, "unknown option '--verson'; did you mean '--version'?"),
        Slip(
            "create --controllers memry /x", 64,
            "unknown controller 'memry'; did you mean 'memory'?"),
    ]
    private static let absent = ["freeze", "thaw", "kill", "remove", "get", "reclaim --all"].map {
        Slip("\($0) /no/such", 66, "no cgroup /no/such; `cgwarden tree` lists the cgroups")
    }
    private static let machine = ["freeze", "kill", "remove", "reclaim --all", "pin --cpus 0"].map {
        Slip("\($0) /", 77, "it is the root of the whole host")
    }

    @Test(arguments: negative + empty + units + times + missing + absent + machine)
    func wrongArgumentsAreReportedInOneLine(_ slip: Slip) throws {
        let result = try ProgramRun.run(ProgramRun.cgwarden, slip.arguments)
        #expect(result.status == slip.status, "\(result.errors)")
        #expect(result.errorLines.first?.contains(slip.says) == true, "\(result.errors)")
        #expect(result.bytes.isEmpty)
    }

    /// `-1` was joined to any word with a dash before it, and the flag refused a value.
    @Test(arguments: ["-b", "-i", "--raw", "--no-header", "--json"])
    func minusOneAfterAnotherFlagIsAFlagOfTop(_ flag: String) throws {
        let capture = try ProgramCapture("v2")
        let result = try ProgramRun.cgwarden("top", flag, "-1", "--root", capture.root)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        let same = try ProgramRun.cgwarden("top", flag, "-n", "1", "--root", capture.root)
        #expect(result.lines.count == same.lines.count)
    }

    /// Arguments after `run` belong to the command.
    @Test func negativeNumbersOfACommandAreKept() throws {
        let result = try ProgramRun.run(
            ProgramRun.cgwarden, ["run", "--nonsense", "echo", "-n", "-5"])
        #expect(result.status == 64 && result.errors.contains("--nonsense"))
        let other = try ProgramRun.run(ProgramRun.cgwarden, ["tree", "--", "-1"])
        #expect(other.status == 66 && other.errors.contains("no cgroup /-1"), "\(other.errors)")
    }
}

import CgroupModel
import Policy
import Testing

@Suite struct AuditLineTests {
    /// Each line copied all lines before it: 8,745 of them took 6.7 s instead of 0.9, and these would
    /// take an hour.
    @Test(.timeLimit(.minutes(2))) func costOfALineIsIndependentOfEarlierLines() {
        let target = Effect.Target(
            path: CgroupPath("/g"), cgroup: CgroupID(inode: 7, generation: 7))
        let record = AuditRecord(
            wallTime: 1_700_000_000_123_456, sequence: 1, phase: .plan, origin: .rule("r"),
            target: target, effect: 1, action: "set", note: "pids.max=50", cause: Cause("x > 1"))
        let line = AuditLine.bytes(record)
        var bytes: [UInt8] = []
        let count = 100_000
        for _ in 0..<count { AuditLine.append(record, to: &bytes) }
        #expect(bytes.count == count * line.count)
        #expect(bytes.suffix(line.count).elementsEqual(line))
    }
}

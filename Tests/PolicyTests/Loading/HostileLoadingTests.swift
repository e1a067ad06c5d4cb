import CgroupModel
import Testing

@testable import PolicyLanguage

/// Loading terminates with findings for any contents.
@Suite struct HostileLoadingTests {
    @Test func truncatedPoliciesDoNotCrash() {
        let bytes = Array(everyKey.utf8)
        for length in stride(from: 0, to: bytes.count, by: 3) {
            let file = PolicyFile(name: "t", bytes: Array(bytes.prefix(length)))
            _ = PolicyLoader(host: PolicyText.host, mode: .v1).load([file])
        }
    }

    @Test func mutatedPoliciesDoNotCrash() {
        var random = SeededNumbers(state: 11)
        let bytes = Array(everyKey.utf8)
        for _ in 0..<600 {
            var changed = bytes
            for _ in 0..<(1 + random.next() % 20) {
                let place = Int(random.next() % UInt64(changed.count))
                switch random.next() % 3 {
                case 0: changed[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: changed.remove(at: place)
                default: changed.insert(bytes[Int(random.next() % UInt64(bytes.count))], at: place)
                }
            }
            _ = PolicyLoader(host: PolicyText.host, mode: .v2).load([
                PolicyFile(name: "t", bytes: changed)
            ])
        }
    }

    @Test func randomAndOversizedPoliciesAreRefused() {
        var random = SeededNumbers(state: 5)
        for length in [1, 10, 1000, 100_000] {
            let noise = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            #expect(
                PolicyLoader(host: PolicyText.host, mode: .v1).load([
                    PolicyFile(name: "t", bytes: noise)
                ]).isRefused)
        }
        let start =
            "apiVersion: cgwarden/v1\ngroups: {g: {path: /g}}\nrules: [{name: a, on: g, do: [log], when: \""
        let fillings = [
            "(", "a ", "memory.current + ", "not ", "1", "\u{1F600}", "/s", "[", "a.", "and or ",
        ]
        for filling in fillings {
            let size = ((1 << 20) - start.utf8.count - 10) / filling.utf8.count
            let text = start + String(repeating: filling, count: size) + "\"}]\n"
            #expect(PolicyText.load(text).isRefused)
        }
        let nested =
            String(repeating: "{all: [", count: 25) + "host.load > 1"
            + String(repeating: "]}", count: 25)
        #expect(PolicyText.findings(PolicyText.rule("when: \(nested)", "do: [log]")).count == 1)
    }
}

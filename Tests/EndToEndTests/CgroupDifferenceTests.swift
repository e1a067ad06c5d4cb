import CgroupModel
import Reports
import TestSupport
import Testing

/// The changes that `diff` prints.
@Suite struct CgroupDifferenceTests {
    @Test(
        arguments: [(-5, -10, "-5"), (-5, 5, "+10"), (0, 3, "+3"), (4, 0, "-4")]
            as [(Int64, Int64, String)])
    func signedValueChangesByItsDifference(_ old: Int64, _ new: Int64, _ change: String) throws {
        func side(_ nice: Int64) -> CgroupDifference.Side {
            // The zigzag encoding of signed readings.
            let number = UInt64(nice < 0 ? -2 * nice - 1 : 2 * nice)
            var builder = SnapshotBuilder()
            builder.add("/a", ["cpu.weight.nice": Reading(number)])
            return CgroupDifference.Side(builder.build(), 0)
        }
        let difference = CgroupDifference(side(old), side(new))
        let row = try #require(difference.text.split(separator: "\n").last)
        let cells = row.split(separator: " ").map(String.init)
        #expect(cells == ["cpu.weight.nice", "\(old)", "\(new)", change])
        // The relative size is at most 1.
        #expect(!String(decoding: difference.json, as: UTF8.self).contains("2.0000"))
    }

    @Test(
        arguments: [
            (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_048_524, "1023.9 KiB"),
            (1_048_525, "1.0 MiB"), (1_048_575, "1.0 MiB"), (.max, "16.0 EiB"),
        ] as [(UInt64, String)])
    func amountThatRoundsTo1024UsesTheNextUnit(_ bytes: UInt64, _ text: String) {
        #expect(ByteText.of(bytes) == text)
    }
}

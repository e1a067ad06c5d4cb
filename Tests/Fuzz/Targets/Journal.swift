@testable import Actuation

extension FuzzTarget {
    static let journal: [FuzzTarget] = [
        FuzzTarget("journal") { try journal($0) },
        // Behind a checksum no mutation gets far, so here every line has the right one.
        FuzzTarget("journal-line") { bytes in
            var file: [UInt8] = []
            for line in bytes.split(separator: 0x0a) {
                file += Array("\(RecordLine.checksum(line)) ".utf8) + line + [0x0a]
            }
            try journal(file)
        },
    ]

    private static func journal(_ bytes: [UInt8]) throws {
        let state = JournalState(parsing: bytes, bootID: "b")
        try FuzzFailure.unless(state.wholeBytes <= bytes.count, "longer than it is")
        let shortened = JournalState(
            parsing: state.records(bootID: "b") { _ in false }, bootID: "b")
        try FuzzFailure.unless(
            shortened.damagedLines.isEmpty, "does not understand what it wrote")
        try FuzzFailure.unless(
            shortened.entries == state.entries, "says something else when it is shortened")
        try FuzzFailure.unless(
            shortened.lastSequence == state.lastSequence, "counts anew when it is shortened")
        for entry in state.entries { _ = entry.subject }
    }
}

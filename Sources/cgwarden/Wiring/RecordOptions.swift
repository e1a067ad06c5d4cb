import ArgumentParser
import Hierarchy
import History
import Service

/// Options of commands that can record their samples.
struct RecordOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Also keep every sample, with all that cgwarden reads, in this file.",
            valueName: "file"), completion: .file())
    var record: String?
    @Option(
        help: ArgumentHelp(
            "Keep about so much of the recording, in parts FILE.TIME: 100MiB.", valueName: "size"))
    var recordSize: ByteAmount?
    @Option(
        help: ArgumentHelp("Keep about so long a time of the recording: 6h.", valueName: "time"))
    var recordAge: Interval?

    func validate() throws {
        if record == "-" || record == "" {
            throw ValidationError("--record needs the name of a file; it cannot go to a pipe.")
        }
        if record == nil, recordSize != nil || recordAge != nil {
            throw ValidationError("--record-size and --record-age go with --record.")
        }
        if let recordSize, recordSize.bytes < 1 << 20 {
            throw ValidationError("--record-size needs 1MiB at least.")
        }
    }

    /// Opens the recorder; nil without `--record`.
    func recorder(_ system: SystemRoot) throws -> Recorder? {
        try record.map {
            try Recorder(
                $0, RecordingBounds(bytes: recordSize?.bytes, age: recordAge?.seconds),
                RecordingOrigin(system))
        }
    }
}

import ArgumentParser
import CgroupModel
import Hierarchy
import History
import KernelIO
import Service

/// Options of commands that can record their samples.
struct RecordOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Record all samples to this file.",
            valueName: "file"), completion: .file())
    var record: String?
    @Option(
        help: ArgumentHelp(
            "Size to keep, in parts FILE.TIME: 100MiB.", valueName: "size"))
    var recordSize: ByteAmount?
    @Option(
        help: ArgumentHelp("Time span to keep: 6h.", valueName: "time"))
    var recordAge: Interval?

    func validate() throws {
        if record == "-" || record == "" {
            throw ValidationError("--record needs a file; it cannot write to a pipe")
        }
        if record == nil, recordSize != nil || recordAge != nil {
            throw ValidationError("--record-size and --record-age need --record")
        }
        if let recordSize, recordSize.bytes < 1 << 20 {
            throw ValidationError(
                "--record-size must be at least 1MiB, not \(recordSize.bytes) bytes; "
                    + "write 100MiB")
        }
    }

    /// Opens the recorder; nil without `--record`.
    func recorder(_ system: SystemRoot) throws -> Recorder? {
        try record.map {
            try Recorder(
                $0, PartBounds(bytes: recordSize?.bytes, age: recordAge?.seconds),
                RecordingOrigin(system))
        }
    }
}

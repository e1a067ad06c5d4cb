internal import CgroupModel
package import Hierarchy
package import History
internal import KernelIO

/// The files of one recording: `FILE`, preceded by the older parts ``PartedFile`` names.
package enum RecordingFiles {
    /// Opens a recording with all its parts, and reports its defects on standard error.
    package static func open(_ path: String) throws -> Recording {
        // An old part can be removed at any time, and the newest file is missing if the recorder
        // stopped just after renaming it.
        let parts = try PartedFile.parts(of: path).compactMap {
            try RecordingFile(ifPresent: $0.path)
        }
        let newest = try parts.isEmpty ? RecordingFile(path) : RecordingFile(ifPresent: path)
        let files = parts + (newest.map { [$0] } ?? [])
        let recording = try Recording(files)
        for note in recording.notes { StandardOutput.complain("cgwarden: \(note)") }
        return recording
    }
}

extension RecordingOrigin {
    /// Describes this host and the start of a recording now.
    package init(_ system: SystemRoot) {
        func text(_ file: String) -> String {
            let bytes = (try? ReadBuffer.contents(of: system.proc(file))) ?? []
            return bytes.firstWord
        }
        self.init(
            bootID: text("sys/kernel/random/boot_id"), kernelRelease: text("sys/kernel/osrelease"),
            pageSize: MemoryPage.size, runStart: MonotonicClock.wallMicroseconds,
            machine: RecordedMachine(system))
    }
}

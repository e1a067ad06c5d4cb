internal import CgroupModel
internal import History
internal import KernelIO
package import Reports

extension HistoryState {
    /// The history of the host's daemon as its files show it; nil if it keeps none.
    package static func ofHost() -> HistoryState? {
        do {
            guard let directory = try HistorySettings.directoryOfHost() else { return nil }
            var state = HistoryState(directory: directory)
            state.measure()
            return state
        } catch {
            var state = HistoryState(directory: HistorySettings.usual)
            state.failure = CgwardenError(error)?.message ?? "\(error)"
            return state
        }
    }

    /// Looks at the files for the size and the span; on failure, keeps the reason.
    mutating func measure() {
        do {
            bytes = try HistoryFolder.paths(in: directory).reduce(UInt64(0)) { sum, path in
                let parts = try PartedFile.parts(of: path).map(\.path)
                return (parts + [path, RecordingFile.sidecar(of: path)]).reduce(sum) {
                    $0 + AppendedFile.size(of: $1)
                }
            }
            let span = try Past(directory).span
            oldest = span?.lowerBound
            newest = span?.upperBound
        } catch let error as IOError where error.isMissing {
            // No daemon has kept any yet.
            isMissing = true
            bytes = nil
        } catch {
            failure = CgwardenError(error)?.message ?? "\(error)"
        }
    }
}

#if Exporter
internal import Exporter

extension HistoryState {
    /// The numbers, for Prometheus.
    var families: [ProgramFamily] {
        [
            .gauge(
                "cgwarden_history_bytes", unit: "bytes", dividedBy: 1,
                "Size of the history on disk.", bytes.map { [ProgramFamily.Sample($0)] } ?? []),
            .gauge(
                "cgwarden_history_omitted_cgroups",
                "Cgroups of the last sample that the history has no room for.",
                [ProgramFamily.Sample(leftOut)]),
            .counter(
                "cgwarden_history_failures_total", "Failures to write the history.",
                [ProgramFamily.Sample(failures)]),
            .counter(
                "cgwarden_history_dropped_total",
                "Samples missing from the history because the disk was too slow.",
                [ProgramFamily.Sample(dropped)]),
        ]
    }
}
#endif

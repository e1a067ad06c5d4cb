internal import CgroupModel
package import History
internal import KernelIO
package import Reports
package import Suggest

/// Sizes cgroups by their recorded past.
package struct RightSizing {
    /// The past, with the problems found in it.
    package private(set) var past: Past
    private let range: ClosedRange<UInt64>
    private let options: SizingOptions

    /// Prepares to read the last part of the past.
    ///
    /// - Parameters:
    ///   - window: The length of the part, up to the newest snapshot.
    package init(_ past: Past, window: Duration, options: SizingOptions) throws {
        self.past = past
        self.options = options
        guard let span = past.span else { throw CgwardenError("the history is empty", .data) }
        let length = UInt64(window.nanoseconds / 1000)
        let first = span.upperBound - min(length, span.upperBound)
        range = max(first, span.lowerBound)...span.upperBound
    }

    /// Reads the window and sizes the cgroups that `text` selects; nil for all workloads.
    package mutating func report(on text: String?) throws -> SuggestionReport {
        var study = Study(options)
        try visit { study.take($0, peaks: $1, of: $2) }
        if let refusal = study.refusal {
            throw CgwardenError("nothing can be suggested: \(refusal.text)", .data)
        }
        let records = try chosen(text, from: study.records)
        var refused: [(path: CgroupPath, refusal: StudyRefusal)] = []
        var paths: Set<CgroupPath> = []
        for record in records {
            if let refusal = study.refusal(of: record) {
                refused.append((record.path, refusal))
            } else {
                paths.insert(record.path)
            }
        }
        // Short-lived cgroups are reported only if the user named them.
        if text == nil { refused = [] }
        var workloads = study.suggestions(for: paths)
        if workloads.count > SuggestionReport.mostCgroups {
            StandardOutput.complain(
                "cgwarden: only the first \(SuggestionReport.mostCgroups) of \(workloads.count) "
                    + "cgroups are sized; name a pattern to size other cgroups")
            workloads = Array(workloads.prefix(SuggestionReport.mostCgroups))
        }
        let report = SuggestionReport(
            study, options: options, workloads: workloads, trial: try trial(workloads),
            refused: refused)
        if let refusal = report.refusal {
            throw CgwardenError("nothing can be suggested: \(refusal)", .data)
        }
        return report
    }

    private func chosen(
        _ text: String?, from records: [WorkloadRecord]
    ) throws -> [WorkloadRecord] {
        guard let text else { return records.filter(Study.isWorkload) }
        let paths = Set(Study.paths(named: text, among: records))
        guard !paths.isEmpty else {
            throw CgwardenError(
                "no recorded cgroup is named \(text.printable); omit it for all services and "
                    + "leaves", .noInput)
        }
        return records.filter { paths.contains($0.path) }
    }

    /// Tries the suggestions over the window.
    private mutating func trial(_ workloads: [WorkloadSuggestion]) throws -> LimitTrial {
        var trial = LimitTrial()
        for workload in workloads {
            for suggestion in workload.suggestions {
                trial.add(suggestion.limit, suggestion.value, to: workload.record.path)
            }
        }
        guard !trial.isEmpty else { return trial }
        try visit { trial.take($0, peaks: $1, of: $2) }
        return trial
    }

    private mutating func visit(
        _ body: (_ snapshot: Snapshot, _ peaks: Snapshot?, _ run: RecordedRun) -> Void
    ) throws {
        try past.frames(range) { frame in
            body(frame.snapshot, frame.thinnedPeaks, RecordedRun(frame.origin))
            return true
        }
    }
}

extension RecordedRun {
    /// The run that recorded a snapshot.
    init(_ origin: RecordingOrigin) {
        self.init(boot: origin.bootID, start: origin.runStart)
    }
}

extension PastFrame {
    /// The maxima of the period that a thinned snapshot covers; nil if no sample was dropped.
    var thinnedPeaks: Snapshot? { samples > 1 ? peaks : nil }
}

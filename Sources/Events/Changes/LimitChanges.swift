package import CgroupModel

/// Reads cgwarden's recent changes, and returns their lookup for one batch of changes.
package typealias OwnCauses = @Sendable () -> OwnCause

/// Returns the cause of a change that cgwarden made itself: `cgwarden (rule X)`; nil for changes by
/// others.
///
/// The change is given by its cgroup, the files of its limit, and its time in microseconds since
/// 1970.
package typealias OwnCause = @Sendable (CgroupPath, _ files: [String], _ wall: UInt64) -> String?

/// Finds limits that changed, from samples and from writes.
///
/// A sample shows only the old and the new value; a write also shows the writer.
struct LimitChanges: Sendable {
    /// The metrics that a sample must contain.
    static var metrics: [MetricID] { ShownLimit.all.map(\.metric.id) + [.cpuMaxPeriod] }

    /// The known limits of a cgroup while its last sample does not contain all of them.
    private struct Known {
        var readings: LimitReadings
        /// The time of the last write, in nanoseconds of CLOCK_BOOTTIME; 0 if a later sample was
        /// compared.
        var writtenAt: UInt64 = 0
    }

    private let ownCauses: OwnCauses
    /// The causes for the current batch; nil until one is needed.
    private var own: OwnCause?
    /// Whether writes are watched; if not, a change without a writer may be cgwarden's own.
    private let seesWriters: Bool
    /// Nil for cgroups whose last sample has all limits.
    private var rows = RowStates<Known?>()
    private var columns = LimitColumns()

    init(
        seesWriters: Bool = false, ownCauses: @escaping OwnCauses = { { _, _, _ in nil } }
    ) {
        self.seesWriters = seesWriters
        self.ownCauses = ownCauses
    }

    /// Starts a new batch, for which cgwarden's changes are read again when first needed.
    mutating func beginBatch() { own = nil }

    /// Compares a sample, which began at `time`, with the known values.
    mutating func take(_ step: SampleStep, _ time: EventTime) -> [Event] {
        let snapshot = step.sample
        columns.adopt(snapshot.schema)
        _ = rows.follow(step, initial: nil)
        // The columns are those of this sample.
        guard let earlier = step.earlier, earlier.schema == snapshot.schema else { return [] }
        var events: [Event] = []
        for position in snapshot.cgroups.indices {
            guard rows[position] != nil || columns.changed(position, in: step),
                let before = step.moves.before(position),
                // The sample may have read the file before the write.
                rows[position]?.writtenAt ?? 0 < time.boot
            else { continue }
            let known = rows[position]?.readings ?? LimitReadings(earlier, before, columns)
            let sampled = LimitReadings(snapshot, position, columns)
            let readings = sampled.completed(from: known)
            let entry = snapshot.cgroups[position]
            for change in readings.changes(since: known) where change.old != nil {
                let cgroup = EventCgroup(entry.path, entry.id)
                events.append(event(change, time, cgroup, file: nil, nil))
            }
            rows[position] = readings == sampled ? nil : Known(readings: readings)
        }
        return events
    }

    /// Compares the text of a written file with the known values.
    mutating func take(_ write: LimitWrite, _ cgroup: EventCgroup) -> [Event] {
        let position = cgroup.id.flatMap {
            rows.position(of: cgroup.path, generation: $0.generation)
        }
        let before = position.map(known) ?? LimitReadings()
        var readings = before
        guard readings.replace(file: write.file, with: write.text) else {
            return [unshown(write, cgroup)].compactMap { $0 }
        }
        if let position {
            rows[position] = Known(readings: readings, writtenAt: write.time.boot)
        }
        return readings.changes(since: before).filter { !$0.isInitial }.map { change in
            event(change, write.time, cgroup, file: write.file, write.writer)
        }
    }

    private func known(_ position: Int) -> LimitReadings {
        if let known = rows[position] { return known.readings }
        return rows.sample.map { LimitReadings($0, position, columns) } ?? LimitReadings()
    }

    /// The event of a file whose values no metric shows; nil for a file with several lines.
    private mutating func unshown(_ write: LimitWrite, _ cgroup: EventCgroup) -> Event? {
        guard let limit = LimitCatalog.rows(ofFile: write.file).first?.limit else { return nil }
        let lines = write.text.split(separator: "\n")
        guard lines.count <= 1 else { return nil }
        let change = LimitReadings.Change(
            limit: limit.name, instance: nil, old: nil, new: lines.first.map(String.init) ?? "",
            isInitial: false)
        return event(change, write.time, cgroup, file: write.file, write.writer)
    }

    private mutating func event(
        _ change: LimitReadings.Change, _ time: EventTime, _ cgroup: EventCgroup, file: String?,
        _ writer: Writer?
    ) -> Event {
        var details = writer?.details ?? [:]
        details[.limit] = .text(change.limit)
        details[.instance] = change.instance.map { .bytes(Array($0.utf8)) }
        details[.file] = file.map { .text($0) }
        details[.old] = change.old.map { .bytes(Array($0.utf8)) }
        details[.new] = change.new.map { .bytes(Array($0.utf8)) }
        if writer?.mayActForCgwarden ?? !seesWriters {
            let ownCause = own ?? ownCauses()
            own = ownCause
            let limit = LimitCatalog.limit(named: change.limit)
            let files = file.map { [$0] } ?? limit.map { ($0.v1 + $0.v2).map(\.name) } ?? []
            details[.by] = ownCause(cgroup.path, files, time.wall).map { .bytes(Array($0.utf8)) }
        }
        return Event(.changed, time, cgroup, details)
    }
}

package import CgroupModel
package import Hierarchy
package import KernelIO

/// The events of this host, from samples, the kernel log, the host's count of OOM kills, pressure
/// triggers, and writes to limit files.
///
/// One owner calls it from one thread: ``take(_:)`` after each sample, and ``readLog()`` between
/// samples when ``logDescriptor`` is readable.
package struct HostEvents: ~Copyable {
    /// The metrics that the samples must contain.
    package static var metrics: [MetricID] {
        SnapshotEvents.metrics + OOMLedger.metrics + LimitChanges.metrics + HostDeaths.metrics
    }

    /// The metrics whose changes matter.
    static let watched =
        SnapshotEvents.metrics + OOMLedger.metrics + LimitChanges.metrics + Obituaries.watched

    /// The reason why the kernel log is not read; nil if it is.
    package let logRefusal: IOError?
    /// The descriptor for poll(2): readable while the kernel log has records; nil without a log.
    package private(set) var logDescriptor: Int32?
    /// The reason why writes to limit files are not watched, so changes lack writers; nil if
    /// watched.
    package let writeRefusal: IOError?
    /// The descriptor for poll(2): readable while ``readWrites(toTheEnd:)`` has something to
    /// return; nil if writes are not watched.
    package var writeDescriptor: Int32? { writes?.pollDescriptor }
    private let writes: LimitWrites?
    private var limits: LimitChanges
    private var deaths: HostDeaths?
    /// The tombstones of the cgroups that have ended.
    package private(set) var graveyard = Graveyard()
    private let system: SystemRoot
    private var log: KernelLog?
    private var parser = OOMLog()
    private var samples = SampleSequence(watching: watched)
    private var changes: SnapshotEvents
    private var pressure: HostPressureEvents
    private var ledger: OOMLedger
    /// The time at which the host's count of kills was read, in nanoseconds; 0 for never.
    private var totalReadAt: UInt64 = 0
    /// The maximum age of that count, in nanoseconds.
    private static let patience: UInt64 = 5_000_000_000
    /// The kills since the last sample that the log does not place in a cgroup.
    private var placeless: [(kill: OOMKill, time: EventTime)] = []
    /// The kills that were in ``placeless`` at the previous sample.
    private var waiting: [(kill: OOMKill, time: EventTime)] = []
    /// The kills in the log, for the tombstones of their cgroups.
    private var kills = RecentKills()

    /// Opens the kernel log, usually at its end.
    ///
    /// `interval` is the usual time between samples in nanoseconds. A captured tree has no log and
    /// no writes. `ownCauses` recognizes this program's own changes.
    package init(
        _ system: SystemRoot, interval: UInt64 = 1_000_000_000,
        from start: KernelLog.Start = .next,
        ownCauses: @escaping OwnCauses = { { _, _, _ in nil } }
    ) {
        self.system = system
        pressure = HostPressureEvents(system)
        var refusal: IOError?
        log = nil
        if system.isLive {
            do throws(IOError) {
                let opened = try KernelLog(from: start)
                logDescriptor = opened.number
                log = consume opened
            } catch {
                refusal = error
            }
        }
        logRefusal = refusal
        var writeRefusal: IOError?
        var writes: LimitWrites?
        let set = try? HierarchySet.discover(system)
        changes = SnapshotEvents(interval: interval, isUnified: set?.mode == .v2)
        deaths = set.map { HostDeaths($0) }
        if system.isLive, let set {
            do throws(IOError) {
                writes = try LimitWrites(set)
            } catch {
                writeRefusal = error
            }
        }
        limits = LimitChanges(seesWriters: writes != nil, ownCauses: ownCauses)
        self.writes = writes
        self.writeRefusal = writeRefusal
        ledger = OOMLedger(readsLog: system.isLive && refusal == nil)
    }

    /// Reads the kernel log to its end and returns the kills in it, except for recent ones without a
    /// cgroup, which ``take(_:total:)`` returns.
    package mutating func readLog() -> [Event] {
        guard var log = self.log.take() else { return [] }
        let clock = KernelLogClock.now
        var events: [Event] = []
        while true {
            switch log.read() {
            case .end:
                self.log = consume log
                return events
            case .record: take(parser.read(log.record), clock, &events)
            case .lost:
                parser.forgetReport()
                events.append(Event(.gap, .now, nil, [.cause: .text("kernel log overrun")]))
            case .failed:
                logDescriptor = nil
                return events
            }
        }
    }

    private mutating func take(
        _ result: OOMLog.Result, _ clock: KernelLogClock, _ events: inout [Event]
    ) {
        switch result {
        case .nothing: break
        case .kill(var kill):
            let isRecent = clock.age(kill.microseconds) < 1_000_000
            if isRecent { kill.cgroup = VictimCgroup.settled(kill, system) }
            ledger.log(kill.cgroup)
            let time = clock.time(kill.microseconds)
            if let cgroup = kill.cgroup { kills.add(cgroup, time) }
            if kill.cgroup == nil, isRecent {
                placeless.append((kill, time))
            } else {
                events.append(event(kill, time))
            }
        case .repeated: ledger.log(nil)
        }
    }

    private func event(_ kill: OOMKill, _ time: EventTime) -> Event {
        Event(.oomKill, time, kill.cgroup.map(changes.cgroup), kill.details)
    }

    /// Returns the events of a sample.
    ///
    /// They include the logged kills without a cgroup. `total` is the result of ``totalKills()``,
    /// called before the sample.
    package mutating func take(_ snapshot: Snapshot, total: UInt64?) -> [Event] {
        let time = EventTime(
            wall: snapshot.wallTime, boot: snapshot.tierTimes[Tier.tick.rawValue].now)
        let boot = MonotonicClock.bootNanoseconds
        let monotonic = MonotonicClock.nanoseconds
        let clocks = SnapshotEvents.Clocks(time, suspended: boot > monotonic ? boot - monotonic : 0)
        // Writes come first, because the sample may already show the written values.
        let written = readWrites(toTheEnd: true)
        limits.beginBatch()
        let step = samples.next(snapshot)
        let changed = changes.take(step, clocks)
        let found =
            takeDeaths(step) + changed + pressure.take(snapshot.host, time)
            + readPressure()
            + settle(step, total, time) + written + limits.take(step, time)
        return takePlaceless() + found
    }

    /// Adds the triggers for pressure on the host to a list for poll(2).
    package func addTriggers(to list: inout PollList) { pressure.addTriggers(to: &list) }

    /// Notes which triggers have fired in a polled list, where they begin at index `start`;
    /// ``readPressure()`` returns the events.
    package mutating func notePressure(_ list: PollList, from start: Int) {
        pressure.note(list, from: start)
    }

    /// Returns the pressure on the host that the kernel has reported since the last call.
    package mutating func readPressure() -> [Event] { pressure.read(.now) }

    private mutating func settle(
        _ step: SampleStep, _ total: UInt64?, _ time: EventTime
    ) -> [Event] {
        defer {
            // The next sample needs the total for kills that only cgroups have counted so far.
            if total == nil, ledger.hasUnnamed { ledger.note(total: readTotal()) }
        }
        return ledger.settle(step, total: total, time)
    }

    private mutating func takeDeaths(_ step: SampleStep) -> [Event] {
        guard let report = deaths?.take(step, changes.unsampled) else { return [] }
        // A cgroup that ends with its killed process leaves no counter to read.
        let stones = report.tombstones.map { kills.counted(in: $0) }
        graveyard.add(stones, report.unattributed)
        var events: [Event] = []
        if report.isIncomplete {
            events.append(Event(.gap, .now, nil, [.cause: .text("death overrun")]))
        }
        for stone in stones {
            // No sample contained the cgroup, and its birth was not reported.
            if stone.cgroup.id == nil, let born = stone.born {
                let age = stone.died.boot > born ? stone.died.boot - born : 0
                let wall = stone.died.wall > age / 1000 ? stone.died.wall - age / 1000 : 0
                events.append(
                    Event(.born, EventTime(wall: wall, boot: born), stone.cgroup))
            }
            events.append(stone.event)
        }
        return events + report.unattributed.map(\.event)
    }

    /// Returns the limit changes by writes since the last call: those that the thread has read, or
    /// with `toTheEnd` all up to now.
    package mutating func readWrites(toTheEnd: Bool = false) -> [Event] {
        guard let (found, isIncomplete) = writes?.take(toTheEnd: toTheEnd) else { return [] }
        limits.beginBatch()
        var events: [Event] = []
        if isIncomplete {
            events.append(Event(.gap, .now, nil, [.cause: .text("write overrun")]))
        }
        for write in found { events += limits.take(write, changes.cgroup(write.path)) }
        return events
    }

    /// Reads the kernel log to its end without a sample, and returns all kills in it.
    package mutating func pastKills() -> [Event] {
        let kills = readLog().filter { $0.kind == .oomKill }
        defer { (waiting, placeless) = ([], []) }
        return (kills + events(waiting + placeless, nil)).sorted { $0.time.boot < $1.time.boot }
    }

    /// Returns the kills without a cgroup whose cgroup is now known, or can no longer be found.
    ///
    /// If exactly one cgroup counted kills and their number matches, they happened there.
    private mutating func takePlaceless() -> [Event] {
        let all = waiting + placeless
        if let place = ledger.solePlace(of: UInt64(all.count)) {
            (waiting, placeless) = ([], [])
            return events(all, place.path)
        }
        defer { (waiting, placeless) = (placeless, []) }
        return events(waiting, nil)
    }

    private func events(
        _ kills: [(kill: OOMKill, time: EventTime)], _ path: CgroupPath?
    ) -> [Event] {
        kills.map { kill, time in
            var kill = kill
            kill.cgroup = path
            return event(kill, time)
        }
    }

    /// Returns the births that a sampler noticed between two samples.
    package mutating func take(newborns: Sampler.Newborns) -> [Event] {
        changes.take(newborns: newborns.cgroups, .now)
    }

    /// Returns the host's count of OOM kills since boot; nil before Linux 4.13, and within 5 s of
    /// the last read, because the kernel computes all of `/proc/vmstat` for it.
    ///
    /// A sample's kills are complete only if this is read first, then the log, then the sample.
    package mutating func totalKills() -> UInt64? {
        let now = MonotonicClock.nanoseconds
        guard totalReadAt == 0 || now - totalReadAt >= Self.patience else { return nil }
        totalReadAt = now
        return readTotal()
    }

    private func readTotal() -> UInt64? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("vmstat")) else { return nil }
        return HostText.oomKills(in: bytes).value
    }
}

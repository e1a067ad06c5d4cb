import ArgumentParser
import CgroupModel
import Hierarchy
import History
import KernelIO
import LiveView
import Reports
import Service

/// Sources of samples other than this process.
extension TopCommand {
    /// Returns the daemon's frames, or this process's own while there are none; nil if the daemon's
    /// frames are not wanted.
    ///
    /// If the user asked for them, waits for the daemon, and throws if it writes none.
    func frames(
        _ observation: Observation, _ scope: SampleScope, _ layout: Layout
    ) async throws -> DaemonFrames? {
        let isUsual = !isBatch && options.isWholeHost && recording.record == nil && counting == nil
        guard attach ?? isUsual else { return nil }
        let history = replaying.store.history
        let frames = DaemonFrames(
            scope, interval: layout.delay, isRequired: attach == true, own: OwnFrames(observation)
        ) {
            try history ?? DaemonHistory.folder()
        }
        if attach == true { try await frames.require() }
        return frames
    }

    #if Exporter
    /// Shows another host, now or at a time, as text or in the live view.
    func show(_ host: RemoteHost, _ layout: Layout) async throws {
        let first = try host.required(at: replaying.at)
        let path = first.cgroups[try first.index(typed: root)].path
        if !isBatch {
            let source: any ScreenSource =
                if let time = replaying.at {
                    try ReplaySource(RemoteReel(host, at: time, scope(path)))
                } else {
                    LiveSource(remote: RemoteFrames(host, first: first, scope(path)))
                }
            var options = screenOptions(isPaused: replaying.at != nil)
            options.remoteHost = host.name
            return try await TopScreen.show(source, layout, options: options, most: count)
        }
        var printer = printer(layout, below: path, identities: nil)
        let most = replaying.at == nil ? textSamples : iterations == nil ? 1 : count
        var cadence = Cadence()
        var next: Snapshot? = first
        while let snapshot = next, printer.count != most {
            try printer.print(snapshot.within(scope(path)))
            guard printer.count != most else { break }
            if replaying.at != nil {
                // Another host may keep answering with the same sample.
                next = try host.snapshot(.after(snapshot.wallTime))
                    .flatMap { $0.wallTime > snapshot.wallTime ? $0 : nil }
            } else {
                try await cadence.wait(.microseconds(Int64(layout.delay * 1e6)))
                next = try host.required(at: nil)
            }
        }
    }
    #endif

    /// Shows the recording from the requested time on, as text or in the live view.
    func replay(_ file: String, _ layout: Layout) async throws {
        var replay = try Replay(file, at: replaying.at, scope(.root))
        let path = try CgroupPath(typed: root, where: replay.has)
        try replay.require(path)
        replay.scope = scope(path)
        guard isBatch else {
            return try await TopScreen.show(
                ReplaySource(replay), layout, options: screenOptions(), most: count)
        }
        var printer = printer(layout, below: path, identities: nil)
        while printer.count != count, let snapshot = try replay.next() {
            try printer.print(snapshot)
        }
        for note in replay.notes { StandardOutput.complain("cgwarden: \(note)") }
    }

    /// Shows the history at a time, as text or in the live view.
    func showPast(_ time: WrittenTime, _ layout: Layout) async throws {
        var reader = try replaying.store.open()
        let first = try reader.snapshot(at: time)
        let omissions = reader.omissions
        let path = first.cgroups[try omissions.index(typed: root, in: first)].path
        omissions.note(below: path)
        guard isBatch else {
            let reel = HistoryReel(
                reader, at: first.wallTime, scope(path), events: replaying.store.events())
            return try await TopScreen.show(
                ReplaySource(reel), layout, options: screenOptions(isPaused: true), most: count)
        }
        var printer = printer(layout, below: path, identities: nil)
        let most = iterations == nil ? 1 : count
        var next: Snapshot? = first
        while let snapshot = next, printer.count != most {
            try printer.print(snapshot.within(scope(path)))
            next = printer.count == most ? nil : try reader.step(1)
        }
        reader.reportDamage()
    }
}

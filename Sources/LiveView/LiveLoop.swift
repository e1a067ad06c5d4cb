import Causes
import CgroupModel

/// Connects keys, snapshots and the screen; must run on the thread that owns the screen.
package final class LiveLoop {
    private let screen: any Screen
    private let source: any SnapshotSource
    private let port: (any CommandPort)?
    private let quit: QuitFlag
    private let now: () -> UInt64
    private let readMode: () -> String
    /// The number of snapshots after which the view ends; nil for no limit.
    private let most: Int?
    private var shownSnapshots = 0
    private var model: LiveModel
    private var scene = Scene()
    private var strip = HistoryStrip()
    /// The tick and age shown in the last frame, which is redrawn when they change.
    private var drawnTick: UInt64?
    private var drawnAge: UInt64 = 0
    /// Whether a list of processes is pending.
    private var awaitsProcesses = false

    /// Creates a loop.
    ///
    /// `mode` describes the mounts of the hierarchies or the recording that is played. `now`
    /// returns microseconds since 1970. After `most` snapshots the view ends by itself. Without a
    /// `port`, nothing can be changed.
    package init(
        screen: any Screen, source: any SnapshotSource, port: (any CommandPort)? = nil,
        model: LiveModel = LiveModel(), most: Int? = nil, quit: QuitFlag = QuitFlag(),
        now: (() -> UInt64)? = nil,
        mode: @escaping () -> String
    ) {
        self.screen = screen
        self.source = source
        self.port = port
        self.model = model
        if let port { self.model.refusal = port.refusal }
        self.most = most
        self.quit = quit
        self.now = now ?? { WallClock.now }
        readMode = mode
    }

    /// Runs the view until the user or the flag ends it; returns the final layout.
    @discardableResult
    package func run() -> Layout {
        model.size = screen.size
        source.setInterval(model.layout.delay)
        if model.isPaused { source.setPaused(true) }
        var mustDraw = true
        while !quit.isRequested {
            let isNew = takeNewest()
            let hasReports = takeReports()
            if takeEvents() || isNew || mustDraw || hasReports || takeProcesses() || ageMoved()
                || source.eventMarks.count != scene.eventMarks.count
            {
                draw()
            }
            mustDraw = false
            if isNew, model.snapshot?.isListing == false { shownSnapshots += 1 }
            if let most, shownSnapshots >= most { return model.layout }
            // Handle all keys already typed before drawing the next frame.
            var timeout = model.snapshot?.isListing ?? true ? 10 : 100
            while let key = screen.readKey(timeoutMilliseconds: timeout) {
                if !take(key) { return model.layout }
                mustDraw = true
                timeout = 0
            }
        }
        return model.layout
    }

    /// Shows a newer snapshot unless paused; returns whether there was one.
    private func takeNewest() -> Bool {
        // Poll even while paused, because the source keeps its pace only if it is polled.
        let newest = source.latest()
        guard !model.isPaused || model.snapshot?.isListing ?? true, let newest,
            newest.tick != drawnTick
        else { return false }
        show(newest)
        return true
    }

    private func show(_ snapshot: Snapshot) {
        var titles: [Int: String] = [:]
        var identities: [Int: CgroupIdentity] = [:]
        for (position, cgroup) in snapshot.cgroups.enumerated() {
            guard let identity = source.identity(of: cgroup) else { continue }
            identities[position] = identity
            titles[position] = identity.title
        }
        model.show(snapshot, titles: titles, identities: identities)
        drawnTick = snapshot.tick
        loadProcesses()
        explain()
    }

    /// Whether a late snapshot has aged by a second since it was drawn; the title shows the age of
    /// the snapshot.
    private func ageMoved() -> Bool {
        guard let shown = model.snapshot, !model.isPaused else { return false }
        let time = now()
        let age = time > shown.wallTime ? (time - shown.wallTime) / 1_000_000 : 0
        return Double(age) > 2 * model.layout.delay && age != drawnAge
    }

    /// Takes the results of finished commands; returns whether there were any.
    private func takeReports() -> Bool {
        var isNew = false
        while let report = port?.report() {
            model.take(report, now: now())
            isNew = true
            // Show the effect before the next sample is due.
            if report.order.purpose == .change { source.sampleNow() }
        }
        return isNew
    }

    private func draw() {
        scene.now = now()
        scene.mode = readMode()
        scene.frames = source.frameCount
        scene.timeline = source.timeline
        scene.eventMarks = source.eventMarks
        if let shown = model.snapshot {
            drawnAge = scene.now > shown.wallTime ? (scene.now - shown.wallTime) / 1_000_000 : 0
            scene.back = model.isPaused ? position(of: shown.tick) : 0
            scene.series = strip.update(model, shown, back: scene.back, from: source)
            let selected = model.detail == nil ? nil : model.selectedRow
            scene.marks =
                selected.map { strip.marks(source.eventTimes(of: shown.cgroups[$0.index].path)) }
                ?? []
        }
        screen.present(FrameComposer.compose(model, scene))
    }

    /// Handles a key; returns false to end the view.
    private func take(_ key: KeyEvent) -> Bool {
        if key == .hangUp { return false }
        if key == .resize {
            model.size = screen.size
            model.settle()
            screen.invalidate()
            return true
        }
        if let port, model.shapes.isEmpty { model.shapes = port.commands }
        switch model.handle(key) {
        case .quit: return false
        case .sampleNow: source.sampleNow()
        case .setInterval(let seconds): source.setInterval(seconds)
        case .pause: pause(true)
        case .resume: pause(false)
        case .step(let frames): step(frames)
        case .goTo(let text): take(source.go(to: text))
        case .goToEvent(let direction):
            if let shown = model.snapshot { take(source.goToEvent(direction, from: shown)) }
        case .turnSummary:
            if let shown = model.snapshot { take(source.turnSummary(at: shown)) }
        case .saveLayout: save()
        case .repaint: screen.invalidate()
        case .loadProcesses: loadProcesses()
        case .explain: explain()
        case .order(let order): port?.start(order)
        case nil: break
        }
        return true
    }

    private func pause(_ isPaused: Bool) {
        model.isPaused = isPaused
        source.setPaused(isPaused)
    }

    private func loadProcesses() {
        guard case .processes = model.mode, let snapshot = model.snapshot,
            let row = model.selectedRow
        else { return awaitsProcesses = false }
        let processes = source.processes(of: snapshot.cgroups[row.index])
        awaitsProcesses = processes == nil
        if let processes { model.show(processes) }
    }

    /// Shows pending processes; returns whether they have arrived.
    private func takeProcesses() -> Bool {
        guard awaitsProcesses else { return false }
        loadProcesses()
        return !awaitsProcesses
    }

    /// Explains the selection from the shown snapshot and the one before it.
    private func explain() {
        guard case .explanation = model.mode, let snapshot = model.snapshot,
            let row = model.selectedRow
        else { return }
        guard !snapshot.departed.contains(row.id.generation) else {
            model.mode = .table
            model.message = "the selected cgroup is gone"
            return
        }
        // Stay within the ring: a replay would replace the shown part with an earlier one.
        let back = position(of: snapshot.tick) + 1
        let before = back < source.frameCount ? source.snapshot(back: back) : nil
        model.explanation = Explanation(
            row.index, in: snapshot, after: before.map { EarlierLevels($0) }, files: source.files)
    }

    /// Updates the newest events while they are shown; returns whether they changed.
    private func takeEvents() -> Bool {
        guard case .events = model.mode, let events = source.events(), events != model.events
        else { return false }
        model.show(events: events)
        return true
    }

    private func save() {
        do {
            model.message = "layout saved to \(try source.saveLayout(model.layout))"
        } catch {
            model.message = "layout not saved: \(error)"
        }
    }

    /// The number of frames between a tick and the newest one, limited to the current ring.
    private func position(of tick: UInt64) -> Int {
        guard let newest = source.latest(), newest.tick > tick else { return 0 }
        return min(Int(newest.tick - tick), max(source.frameCount - 1, 0))
    }

    /// Pauses at the snapshot that a replay went to, or shows the reason why it did not go.
    private func take(_ travel: Travel) {
        switch travel {
        case .arrived(let snapshot, let note):
            if !model.isPaused { pause(true) }
            show(snapshot)
            if let note { model.message = note }
        case .refused(let reason): model.message = reason
        }
    }

    private func step(_ frames: Int) {
        guard let shown = model.snapshot else { return }
        if !model.isPaused { pause(true) }
        let back = position(of: shown.tick) - frames
        guard let next = source.snapshot(back: back), next.tick != shown.tick else {
            model.message = frames < 0 ? "this is the oldest frame" : "this is the newest frame"
            return
        }
        show(next)
    }
}

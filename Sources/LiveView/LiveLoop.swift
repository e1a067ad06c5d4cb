import CgroupModel

/// Brings keys, snapshots and the screen together; run it on the thread that owns the screen.
public final class LiveLoop {
    private let screen: any Screen
    private let source: any SnapshotSource
    private let quit: QuitFlag
    private let now: () -> UInt64
    private let readMode: () -> String
    private var model: LiveModel
    private var scene = Scene()
    private var strip = HistoryStrip()
    /// What the last frame was drawn from; a frame is drawn when something of it changes.
    private var drawnTick: UInt64?
    private var drawnAge: UInt64 = 0
    /// Whether the processes are still being listed.
    private var awaitsProcesses = false

    /// `mode` tells how the hierarchies are mounted or which recording plays; `now` is
    /// microseconds since 1970.
    public init(
        screen: any Screen, source: any SnapshotSource, model: LiveModel = LiveModel(),
        quit: QuitFlag = QuitFlag(), now: (() -> UInt64)? = nil, mode: @escaping () -> String
    ) {
        self.screen = screen
        self.source = source
        self.model = model
        self.quit = quit
        self.now = now ?? { WallClock.now }
        readMode = mode
    }

    /// Shows the view until the user or the flag ends it; gives the layout at the end.
    @discardableResult
    public func run() -> Layout {
        model.size = screen.size
        source.setInterval(model.layout.delay)
        var mustDraw = true
        while !quit.isRequested {
            if takeNewest() || mustDraw || takeProcesses() || ageMoved() { draw() }
            mustDraw = false
            // Keys that are waiting already are taken before the next frame is drawn.
            var timeout = 100
            while let key = screen.readKey(timeoutMilliseconds: timeout) {
                if !take(key) { return model.layout }
                mustDraw = true
                timeout = 0
            }
        }
        return model.layout
    }

    /// Takes a newer snapshot unless paused; tells whether there was one.
    private func takeNewest() -> Bool {
        // Asked while paused too, since the source keeps its pace by being asked.
        let newest = source.latest()
        guard !model.isPaused, let newest, newest.tick != drawnTick else { return false }
        show(newest)
        return true
    }

    private func show(_ snapshot: Snapshot) {
        var titles: [Int: String] = [:]
        for (position, cgroup) in snapshot.cgroups.enumerated() {
            if let title = source.title(of: cgroup) { titles[position] = title }
        }
        model.show(snapshot, titles: titles)
        drawnTick = snapshot.tick
        loadProcesses()
    }

    /// Whether a late snapshot has aged by a second, which the title shows.
    private func ageMoved() -> Bool {
        guard let shown = model.snapshot, !model.isPaused else { return false }
        let time = now()
        let age = time > shown.wallTime ? (time - shown.wallTime) / 1_000_000 : 0
        return Double(age) > 2 * model.layout.delay && age != drawnAge
    }

    private func draw() {
        scene.now = now()
        scene.mode = readMode()
        scene.frames = source.frameCount
        if let shown = model.snapshot {
            drawnAge = scene.now > shown.wallTime ? (scene.now - shown.wallTime) / 1_000_000 : 0
            scene.back = model.isPaused ? position(of: shown.tick) : 0
            scene.series = strip.update(model, shown, back: scene.back, from: source)
        }
        screen.present(FrameComposer.compose(model, scene))
    }

    /// Takes a key; false ends the view.
    private func take(_ key: KeyEvent) -> Bool {
        if key == .hangUp { return false }
        if key == .resize {
            model.size = screen.size
            model.settle()
            screen.invalidate()
            return true
        }
        switch model.handle(key) {
        case .quit: return false
        case .sampleNow: source.sampleNow()
        case .setInterval(let seconds): source.setInterval(seconds)
        case .pause: pause(true)
        case .resume: pause(false)
        case .step(let frames): step(frames)
        case .saveLayout: save()
        case .repaint: screen.invalidate()
        case .loadProcesses: loadProcesses()
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

    /// Takes processes that were waited for; tells whether there are any now.
    private func takeProcesses() -> Bool {
        guard awaitsProcesses else { return false }
        loadProcesses()
        return !awaitsProcesses
    }

    private func save() {
        do {
            model.message = "layout saved to \(try source.saveLayout(model.layout))"
        } catch {
            model.message = "layout not saved: \(error)"
        }
    }

    /// How far behind the newest a tick lies; the ring may have moved on since it was shown.
    private func position(of tick: UInt64) -> Int {
        guard let newest = source.latest(), newest.tick > tick else { return 0 }
        return min(Int(newest.tick - tick), max(source.frameCount - 1, 0))
    }

    private func step(_ frames: Int) {
        guard let shown = model.snapshot else { return }
        let back = position(of: shown.tick) - frames
        guard let next = source.snapshot(back: back), next.tick != shown.tick else {
            model.message = frames < 0 ? "this is the oldest frame" : "this is the newest frame"
            return
        }
        show(next)
    }
}

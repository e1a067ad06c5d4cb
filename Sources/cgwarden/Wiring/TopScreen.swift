import KernelIO
import LiveView
import UnixSignals

/// What the live view shows, and what its title says about that.
protocol ScreenSource: SnapshotSource {
    /// The machine, or the recording.
    var title: String { get }
    /// Whether it is a recording.
    var isReplay: Bool { get }
    /// The time that the age of a snapshot is told by, in microseconds since 1970.
    var now: UInt64 { get }
}

/// Brings the snapshots and the terminal together.
enum TopScreen {
    /// Runs the live view until the user ends it, or until `ending` returns.
    static func show(
        _ source: sending any ScreenSource, _ layout: Layout, depth: Int?,
        until ending: (@Sendable () async -> Void)? = nil
    ) async throws {
        #if TUI
        let quit = QuitFlag()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let listener = Task {
            for await _ in signals { quit.request() }
        }
        let waiting = ending.map { ending in
            Task {
                await ending()
                quit.request()
            }
        }
        defer {
            listener.cancel()
            waiting?.cancel()
        }
        try await runOnMainThread(source, layout, depth: depth, quit: quit)
        #else
        throw CgwardenError(
            "this build has no live view (trait TUI); use --batch", .unavailable)
        #endif
    }

    #if TUI
    /// ncurses belongs to one thread, and the main thread has nothing else to do.
    @MainActor
    private static func runOnMainThread(
        _ source: sending any ScreenSource, _ layout: Layout, depth: Int?, quit: QuitFlag
    ) throws {
        let screen: NcursesScreen
        do throws(TerminalError) {
            screen = try NcursesScreen()
        } catch {
            throw CgwardenError(error.description, .unavailable)
        }
        defer { screen.close() }
        let loop = loop(screen, source, layout, depth: depth, quit: quit)
        loop.run()
    }

    private static func loop(
        _ screen: NcursesScreen, _ source: any ScreenSource, _ layout: Layout, depth: Int?,
        quit: QuitFlag
    ) -> LiveLoop {
        LiveLoop(
            screen: screen, source: source,
            model: LiveModel(layout: layout, depth: depth, isReplay: source.isReplay), quit: quit,
            now: { source.now }, mode: { source.title })
    }
    #endif
}

import KernelIO
import LiveView
import Reports
import UnixSignals

/// A snapshot source with the properties that the live view's title needs.
protocol ScreenSource: SnapshotSource {
    /// The mode of the host, or the recording.
    var title: String { get }
    /// Whether the source is a recording.
    var isReplay: Bool { get }
    /// The reference time for the age of snapshots, in microseconds since 1970.
    var now: UInt64 { get }
}

/// Runs the live view on the terminal.
enum TopScreen {
    /// Shows the live view until the user ends it, a signal arrives, `ending` returns or `most`
    /// snapshots have been shown.
    static func show(
        _ source: sending any ScreenSource, _ layout: Layout, isPaused: Bool = false,
        most: Int? = nil, until ending: (@Sendable () async -> Void)? = nil
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
        try await runOnMainThread(
            source, layout, isPaused: isPaused, most: most, quit: quit)
        #else
        throw CgwardenError(
            "this build has no live view (trait TUI); use --batch", .unavailable)
        #endif
    }

    #if TUI
    /// Runs on the main thread, because ncurses must stay on one thread and the main thread is
    /// idle.
    @MainActor
    private static func runOnMainThread(
        _ source: sending any ScreenSource, _ layout: Layout, isPaused: Bool, most: Int?,
        quit: QuitFlag
    ) throws {
        let screen: NcursesScreen
        do throws(TerminalError) {
            screen = try NcursesScreen()
        } catch {
            throw CgwardenError(error.description, .unavailable)
        }
        defer { screen.close() }
        let loop = loop(
            screen, source, layout, isPaused: isPaused, most: most, quit: quit)
        loop.run()
    }

    private static func loop(
        _ screen: NcursesScreen, _ source: any ScreenSource, _ layout: Layout, isPaused: Bool,
        most: Int?, quit: QuitFlag
    ) -> LiveLoop {
        LiveLoop(
            screen: screen, source: source,
            model: LiveModel(layout: layout, isReplay: source.isReplay, isPaused: isPaused),
            most: most, quit: quit,
            now: { source.now }, mode: { source.title })
    }
    #endif
}

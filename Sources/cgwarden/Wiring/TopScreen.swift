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

/// The choices of the user for one run of the live view.
struct ScreenOptions: Sendable {
    /// The host that the view may change; nil for none.
    var host: ActingHost?
    /// Whether the mouse selects and sorts.
    var mouse = true
    /// The filter to begin with.
    var filter = ""
    /// Whether it begins paused.
    var isPaused = false
    /// The name of the host that is shown, if it is another one.
    var remoteHost: String?
}

/// Runs the live view on the terminal.
enum TopScreen {
    /// Shows the live view until the user ends it, a signal arrives, `ending` returns or `most`
    /// snapshots have been shown.
    ///
    /// The view can change the host in `options`; without one, it changes nothing.
    static func show(
        _ source: sending any ScreenSource, _ layout: Layout, options: ScreenOptions,
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
        try await runOnMainThread(source, layout, options, most: most, quit: quit)
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
        _ source: sending any ScreenSource, _ layout: Layout, _ options: ScreenOptions, most: Int?,
        quit: QuitFlag
    ) throws {
        let screen: NcursesScreen
        do throws(TerminalError) {
            screen = try NcursesScreen(mouse: options.mouse)
        } catch {
            throw CgwardenError(error.description, .unavailable)
        }
        defer { screen.close() }
        let loop = loop(screen, source, layout, options, most: most, quit: quit)
        loop.run()
    }

    private static func loop(
        _ screen: NcursesScreen, _ source: any ScreenSource, _ layout: Layout,
        _ options: ScreenOptions, most: Int?, quit: QuitFlag
    ) -> LiveLoop {
        LiveLoop(
            screen: screen, source: source, port: options.host.map { CommandRunner($0) },
            model: LiveModel(
                layout: layout, isReplay: source.isReplay, isPaused: options.isPaused,
                filter: options.filter, remoteHost: options.remoteHost),
            most: most, quit: quit,
            now: { source.now }, mode: { source.title })
    }
    #endif
}

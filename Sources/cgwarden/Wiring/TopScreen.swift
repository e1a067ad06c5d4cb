import Hierarchy
import KernelIO
import LiveView
import UnixSignals

/// Brings the sampler, the history and the terminal together.
enum TopScreen {
    /// Runs the live view until the user ends it.
    static func show(_ observation: Observation, _ layout: Layout, depth: Int?) async throws {
        #if TUI
        let quit = QuitFlag()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let listener = Task {
            for await _ in signals { quit.request() }
        }
        defer { listener.cancel() }
        let source = LiveSource(observation)
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
        _ source: sending LiveSource, _ layout: Layout, depth: Int?, quit: QuitFlag
    ) throws {
        let screen: NcursesScreen
        do throws(TerminalError) {
            screen = try NcursesScreen()
        } catch {
            throw CgwardenError(error.description, .unavailable)
        }
        defer { screen.close() }
        let mode = source.mode
        let loop = LiveLoop(
            screen: screen, source: source, model: LiveModel(layout: layout, depth: depth),
            quit: quit, mode: { mode })
        loop.run()
    }
    #endif
}

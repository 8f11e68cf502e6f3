"""The configuration in use: read at start, read again when it changes; a bad file keeps the last good set."""

import asyncio
import logging
import signal
from pathlib import Path

from config.load import Configuration, load_configuration
from config.mistakes import ConfigurationError
from config.settings import Settings
from streams import metrics

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0


class LiveConfiguration:
    """``current`` is always a checked configuration; ``keep_fresh`` renews it on SIGHUP and when a file changes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = self._look()
        self._asked = False
        self.current = load_configuration(folder)
        self._tell(self.current)

    @classmethod
    def of(cls, settings: Settings) -> "LiveConfiguration":
        return cls(settings.config)

    async def keep_fresh(self) -> None:
        """Look for changes until cancelled."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.ask)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            stamp = await asyncio.to_thread(self._look)
            if self._asked or stamp != self._stamp:
                self._asked, self._stamp = False, stamp
                await self.reload()

    def ask(self) -> None:
        """Read the files again at the next look, changed or not."""
        self._asked = True

    async def reload(self) -> None:
        """Read the files; where they hold a mistake, say each and keep the last good set."""
        try:
            fresh = await asyncio.to_thread(load_configuration, self._folder)
        except ConfigurationError as error:
            metrics.CONFIG_RELOAD_OK.set(0)
            for mistake in error.mistakes:
                log.error("reading the configuration again: %s; the last good one stays in use", mistake)
            return
        except Exception:  # a file that vanished meanwhile, or one that nobody thought of: a stage must not end of it
            metrics.CONFIG_RELOAD_OK.set(0)
            log.exception("reading the configuration again; the last good one stays in use")
            return
        self.current = fresh
        self._tell(fresh)
        log.info("the configuration in %s was read again", self._folder)

    def _tell(self, configuration: Configuration) -> None:
        metrics.CONFIG_RELOAD_OK.set(1)
        metrics.tell_files(configuration.files.items())

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        files = [*self._folder.glob("*.yaml"), *self._folder.glob("*/*.yaml"), *self._folder.glob("lexicon/*.csv")]
        found = []
        for path in sorted(files):
            try:
                status = path.stat()
            except OSError:
                continue  # it vanished while we looked: the next look tells
            found.append((str(path), status.st_mtime_ns, status.st_size))
        return tuple(found)

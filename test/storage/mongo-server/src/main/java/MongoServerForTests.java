// A MongoDB server of the tests, in memory: prints its URL, and ends when its standard input does, so that it never outlives them.
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.backend.memory.MemoryDatabase;
import de.bwaldvogel.mongo.backend.memory.index.MemoryUniqueIndex;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerError;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;

public class MongoServerForTests {
    /** What drivers of today ask for at least; the server's own newest version names a wire protocol that they refuse. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    };

    /**
     * The library looks through everything where a condition names more than the keys of a unique index (`_id` and the end of a document).
     * Here, as in a real server, the index finds the document, and the library holds the rest of the condition against it.
     */
    private static class KeyedIndex extends MemoryUniqueIndex {
        KeyedIndex(String name, List<IndexKey> keys, boolean sparse) {
            super(name, keys, sparse);
        }

        @Override
        public boolean canHandle(Document query) {
            Document keyed = new Document();
            for (String key : keys()) {
                boolean isMany = query.get(key) instanceof Document condition && condition.size() != 1;
                if (!query.containsKey(key) || isMany) return false;
                keyed.put(key, query.get(key));
            }
            return super.canHandle(keyed);
        }
    }

    private static class KeyedDatabase extends MemoryDatabase {
        KeyedDatabase(String name, CursorRegistry cursors) {
            super(name, cursors);
        }

        @Override
        protected Index<Integer> openOrCreateUniqueIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
            return new KeyedIndex(name, keys, sparse);
        }
    }

    private static class KeyedBackend extends MemoryBackend {
        @Override
        public MemoryDatabase openOrCreateDatabase(String name) {
            return new KeyedDatabase(name, getCursorRegistry());
        }

        /** The library knows no users; to this one every password is wrong. */
        @Override
        public Document handleMessage(MongoMessage message) {
            boolean isSigningIn = message.getDocument().containsKey("saslStart");
            if (isSigningIn) throw new MongoServerError(18, "AuthenticationFailed", "Authentication failed.");
            return super.handleMessage(message);
        }
    }

    public static void main(String[] arguments) throws Exception {
        MongoServer server = new MongoServer(new KeyedBackend().version(VERSION));
        server.bind("127.0.0.1", 0);
        System.out.println("mongodb://127.0.0.1:" + server.getLocalAddress().getPort());
        while (System.in.read() != -1) {
            continue;
        }
        server.shutdownNow();
    }
}

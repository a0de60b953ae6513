/* SPDX-License-Identifier: Apache-2.0 */
package peer;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/** All stores share one cache and one write budget, as Kafka's manual advises. */
public final class BoundedRocks implements RocksDBConfigSetter {
    private static final Cache CACHE = new LRUCache(96L << 20);
    private static final WriteBufferManager BUFFERS = new WriteBufferManager(64L << 20, CACHE);
    private static final long BUFFER_BYTES = 8L << 20;

    @Override
    public void setConfig(String store, Options options, Map<String, Object> settings) {
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(CACHE);
        table.setCacheIndexAndFilterBlocks(true);
        table.setFilterPolicy(new BloomFilter(10));
        options.setTableFormatConfig(table);
        options.setWriteBufferManager(BUFFERS);
        options.setWriteBufferSize(BUFFER_BYTES);
        options.setMaxWriteBufferNumber(2);
    }

    @Override
    public void close(String store, Options options) {
        /* Cache and budget belong to all stores. */
    }
}

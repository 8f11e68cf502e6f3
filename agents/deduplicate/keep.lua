-- Stores a decision, unless what the look-up saw has changed: then answers 0. KEYS as in look.lua. ARGV: stamp, number of exact
-- keys, seconds to keep, most texts a pair holds, key of the text, the text (empty: no near copies), its reference, then one value
-- for each exact key (empty: keep the one that is there).
if stamp ~= ARGV[1] then return 0 end
local exact, kept, most = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local text_key, text, ref = ARGV[5], ARGV[6], ARGV[7]
for at = 1, exact do
  local value = ARGV[at + 7]
  if value ~= '' then
    redis.call('SET', KEYS[at + 1], value, 'EX', kept)
  else
    redis.call('EXPIRE', KEYS[at + 1], kept)
  end
end
if text ~= '' then
  redis.call('SET', text_key, text, 'EX', kept)
  for at = exact + 2, #KEYS do
    local known = string.find(seen[at], ref, 1, true)
    local refs = known and seen[at] or string.sub(seen[at] .. ref, -REF * most)
    redis.call('SET', KEYS[at], refs, 'EX', kept)
  end
end
return 1

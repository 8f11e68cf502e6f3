-- Looks up what may concern an article. KEYS: epoch, item, other exact keys, pairs. ARGV: number of exact keys, a fresh epoch,
-- prefix of texts, most candidates, seconds to keep. Answers {stamp, epoch, {item, items behind the other exact keys}, {texts}}.
-- The value of an exact key is an item's key and a text's reference, that of a pair references: keys are made from values,
-- so this script needs one Redis, not a cluster.
local ITEM = 16
if redis.call('SET', KEYS[1], ARGV[2], 'NX') then
  stamp, seen = view()
end
local exact, prefix, most, kept = tonumber(ARGV[1]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

local function used(key)
  local value = redis.call('GET', key)
  if value then redis.call('EXPIRE', key, kept) end
  return value or ''
end

local shared, order = {}, {}
local function count(ref, weight)
  if not shared[ref] then
    shared[ref] = 0
    order[#order + 1] = ref
  end
  shared[ref] = shared[ref] + weight
end

local items = {used(KEYS[2])}
for at = 3, exact + 1 do
  items[#items + 1] = ''
  if seen[at] ~= '' then
    items[#items] = used(string.sub(seen[at], 1, ITEM))
    count(string.sub(seen[at], ITEM + 1, ITEM + REF), #KEYS) -- the text behind an equal address comes first
  end
end
for at = exact + 2, #KEYS do
  for start = 1, #seen[at], REF do
    count(string.sub(seen[at], start, start + REF - 1), 1)
  end
end
table.sort(order, function(one, other)
  if shared[one] ~= shared[other] then return shared[one] > shared[other] end
  return one < other
end)
local texts = {}
for at = 1, math.min(#order, most) do
  local text = used(prefix .. order[at])
  if text ~= '' then texts[#texts + 1] = text end
end
return {stamp, seen[1], items, texts}

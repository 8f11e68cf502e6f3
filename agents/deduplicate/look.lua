-- Looks up what may concern an article. KEYS: epoch, item, other exact keys, pairs. ARGV: number of exact keys, a fresh epoch,
-- prefix of texts, most candidates, seconds to keep. Answers {stamp, epoch, {values of the exact keys}, {texts}}.
-- The values of exact keys, the item's apart, begin with a text's reference. The texts' keys are made from values, so this script needs one Redis, not a cluster.
if redis.call('SET', KEYS[1], ARGV[2], 'NX') then
  stamp, seen = view()
end
local exact, prefix, most, kept = tonumber(ARGV[1]), ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
if seen[2] ~= '' then redis.call('EXPIRE', KEYS[2], kept) end
local shared, order = {}, {}
for at = 3, exact + 1 do
  local holder = string.sub(seen[at], 1, REF)
  if holder ~= '' and not shared[holder] then
    shared[holder] = #KEYS -- the text behind an equal address comes first
    order[#order + 1] = holder
  end
end
for at = exact + 2, #KEYS do
  local value = seen[at]
  for start = 1, #value, REF do
    local ref = string.sub(value, start, start + REF - 1)
    if not shared[ref] then
      shared[ref] = 0
      order[#order + 1] = ref
    end
    shared[ref] = shared[ref] + 1
  end
end
table.sort(order, function(one, other)
  if shared[one] ~= shared[other] then return shared[one] > shared[other] end
  return one < other
end)
local texts = {}
for at = 1, math.min(#order, most) do
  local text = redis.call('GET', prefix .. order[at])
  if text then
    texts[#texts + 1] = text
    redis.call('EXPIRE', prefix .. order[at], kept)
  end
end
local exact_values = {}
for at = 1, exact do exact_values[at] = seen[at + 1] end
return {stamp, seen[1], exact_values, texts}

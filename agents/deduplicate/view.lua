-- Before both scripts: what the keys hold now, and a stamp of it, by which a change between look-up and storing is noticed.
local REF = 8
local function view()
  local values, parts = {}, {}
  for at, key in ipairs(KEYS) do
    values[at] = redis.call('GET', key) or ''
    parts[at] = #values[at] .. ':' .. values[at]
  end
  return redis.sha1hex(table.concat(parts)), values
end
local stamp, seen = view()

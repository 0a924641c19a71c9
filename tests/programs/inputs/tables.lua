-- SPDX-License-Identifier: MIT
-- Work for lua: tables that grow, strings, closures, coroutines, weak tables and full collections.
local n = math.tointeger(tonumber(arg[1]))

local seed = 42
local function random(limit)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed // 7 % limit
end

local function checksum(s)
    local a, b = 1, 0
    for i = 1, #s do
        a = (a + s:byte(i)) % 65521
        b = (b + a) % 65521
    end
    return b * 65536 + a
end

local list = {}
for i = 1, n do
    list[i] = { key = "k" .. random(1000), value = random(100000), text = ("ab"):rep(random(40)) }
end
table.sort(list, function(x, y)
    if x.value ~= y.value then return x.value < y.value end
    if x.key ~= y.key then return x.key < y.key end
    return x.text < y.text
end)
local parts = {}
for i = 1, n, 5 do
    parts[#parts + 1] = list[i].key .. "=" .. list[i].value .. list[i].text
end
local text = table.concat(parts, ";")
print("list", #list, #text, checksum(text))

for i = 1, n, 2 do list[i] = false end
collectgarbage("collect")
local kept = 0
for i = 1, n do
    if list[i] then kept = kept + list[i].value + #list[i].text end
end
print("kept", kept)

local producer = coroutine.wrap(function()
    for i = 1, n // 10 do coroutine.yield(("%d:%s"):format(i, ("z"):rep(i % 50))) end
end)
local total = 0
for item in producer do total = total + #item end
print("coroutine", total)

local count = select(2, text:gsub("k(%d+)=", function(d) return d + 1 end))
print("gsub", count)

local weak = setmetatable({}, { __mode = "v" })
for i = 1, 1000 do weak[i] = { i } end
collectgarbage("collect")
print("weak", next(weak) == nil)

local big = ""
for i = 1, 300 do big = big .. ("%05d"):format(i):rep(200) end
print("big", #big, checksum(big))
